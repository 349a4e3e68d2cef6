#include "volumes/ephemeral.h"

#include <gtest/gtest.h>

namespace drydock::volumes {
namespace {

TEST(Ephemeral, ProjectQuotasCostNothingSoEveryTaskHasThem) {
  for (const bool named : {false, true}) {
    EXPECT_EQ(limit_means(StorageLimit::kAuto, named, true), LimitMeans::kProjectQuota);
    EXPECT_EQ(limit_means(StorageLimit::kAlways, named, true), LimitMeans::kProjectQuota);
    EXPECT_EQ(limit_means(StorageLimit::kNever, named, true), LimitMeans::kNone);
  }
}

TEST(Ephemeral, WithoutThemASizedFileIsForWhoNamesASize) {
  EXPECT_EQ(limit_means(StorageLimit::kAuto, true, false), LimitMeans::kSizedFile);
  EXPECT_EQ(limit_means(StorageLimit::kAuto, false, false), LimitMeans::kNone);
  EXPECT_EQ(limit_means(StorageLimit::kAlways, false, false), LimitMeans::kSizedFile);
  EXPECT_EQ(limit_means(StorageLimit::kNever, true, false), LimitMeans::kNone);
}

}  // namespace
}  // namespace drydock::volumes
