#include "images/catalogue.h"

#include <gtest/gtest.h>

namespace drydock::images {
namespace {

Record loaded_at(const std::string& time) { return {"type", "config", "", time}; }

TEST(DurablePart, LeavesOutWhatIsNotKnownToBeOnTheDisk) {
  const Catalogue before{{{"a", loaded_at("1")}}, {{"app", "a"}}};
  Catalogue next = before;
  next.images["b"] = loaded_at("2");
  next.names = {{"app", "b"}, {"new", "b"}};
  // The name keeps the image it had: after a crash it leads to something whole.
  EXPECT_EQ(durable_part(next, before, before), before);
  EXPECT_EQ(durable_part(next, next, before), next);
}

TEST(DurablePart, WhatWasRemovedIsGoneAtOnce) {
  const Catalogue before{{{"a", loaded_at("1")}}, {{"app", "a"}}};
  EXPECT_EQ(durable_part({}, before, before), Catalogue{});
}

TEST(DurablePart, AnImageThatWentAndCameAgainIsNotTheOneThatWasSynced) {
  const Catalogue synced{{{"a", loaded_at("1")}}, {}};
  const Catalogue next{{{"a", loaded_at("2")}}, {}};
  EXPECT_EQ(durable_part(next, synced, {}), Catalogue{});
}

}  // namespace
}  // namespace drydock::images
