#include "base/published.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace drydock {
namespace {

TEST(Published, ASnapshotNeverChanges) {
  Published<std::vector<int>> numbers;
  numbers.update([](auto& v) { v.push_back(1); });
  const auto before = numbers.get();
  numbers.update([](auto& v) { v.push_back(2); });
  EXPECT_EQ(*before, std::vector<int>({1}));
  EXPECT_EQ(*numbers.get(), std::vector<int>({1, 2}));
}

TEST(Published, WhatNobodyHoldsIsChangedInPlace) {
  Published<std::vector<int>> numbers;
  const auto* const first = numbers.get().get();
  numbers.update([](auto& v) { v.push_back(1); });
  EXPECT_EQ(numbers.get().get(), first);
  const auto held = numbers.get();
  numbers.update([](auto& v) { v.push_back(2); });
  EXPECT_NE(numbers.get().get(), first);
}

TEST(Published, ReadersSeeWholeValues) {
  Published<std::vector<int>> numbers;
  std::atomic<bool> end{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!end) {
        const auto seen = numbers.get();
        for (std::size_t n = 0; n < seen->size(); ++n)
          ASSERT_EQ((*seen)[n], static_cast<int>(seen->size()));
      }
    });
  for (int size = 1; size < 500; ++size)
    numbers.update([&](auto& v) { v.assign(static_cast<std::size_t>(size), size); });
  end = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace drydock
