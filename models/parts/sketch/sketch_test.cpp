// PinSketch: the field, the sketch's algebra, and what can and cannot be read from one.
#include "models/parts/sketch/sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "models/base/draw.hpp"

namespace ledgerlab {
namespace {

Field element(std::uint64_t n) {
  const auto e = static_cast<Field>(draw64(3, 0, Purpose("element"), n));
  return e == 0 ? 1 : e;
}

/// The product bit by bit, as the definition has it.
Field slow_product(Field a, Field b) {
  Field out = 0;
  for (int i = 31; i >= 0; --i) {
    out = out << 1 ^ ((out >> 31) != 0 ? 0x8du : 0u);
    if ((b >> i & 1) != 0) out ^= a;
  }
  return out;
}

TEST(Field32, IsAField) {
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Field a = element(3 * i), b = element(3 * i + 1), c = element(3 * i + 2);
    ASSERT_EQ(field_multiply(a, b), slow_product(a, b));
    ASSERT_EQ(field_multiply(a, b), field_multiply(b, a));
    ASSERT_EQ(field_multiply(a, b ^ c), field_multiply(a, b) ^ field_multiply(a, c));
    ASSERT_EQ(field_multiply(a, field_inverse(a)), 1u);
  }
  EXPECT_EQ(field_multiply(0x80000000, 2), 0x8du);
}

TEST(Sketch, DifferencesUpToTheCapacityComeBack) {
  for (std::size_t capacity = 1; capacity <= 40; capacity += 3) {
    for (std::size_t size = 0; size <= capacity; ++size) {
      Sketch a(capacity), b(capacity);
      std::set<Field> difference;
      for (std::uint64_t i = 0; i < 100; ++i) {  // both have these
        a.toggle(element(i));
        b.toggle(element(i));
      }
      for (std::uint64_t i = 0; difference.size() < size; ++i) {
        const Field e = element(1000 * capacity + i);
        if (difference.insert(e).second) (i % 3 == 0 ? a : b).toggle(e);
      }
      const auto found = (a ^ b).decode();
      ASSERT_TRUE(found) << capacity << " " << size;
      ASSERT_EQ(*found, std::vector<Field>(difference.begin(), difference.end()));
    }
  }
}

TEST(Sketch, SmallAndLargeElementsAndNeighboursComeBack) {
  for (const std::vector<Field>& set : {std::vector<Field>{1},
                                        {1, 2, 3},
                                        {0xffffffff},
                                        {0x80000000, 0xffffffff},
                                        {1, 2, 4, 8, 16, 32, 64},
                                        {7, 8, 9, 10, 11, 12, 13, 14}}) {
    Sketch s(8);
    for (const Field e : set) s.toggle(e);
    EXPECT_EQ(s.decode(), set);
  }
}

TEST(Sketch, MoreThanTheCapacityIsNotReadAsSomethingElse) {
  int wrong = 0;
  for (std::uint64_t round = 0; round < 400; ++round) {
    const std::size_t capacity = 6 + round % 5;
    Sketch s(capacity);
    for (std::size_t i = 0; i < capacity + 1 + round % 20; ++i) s.toggle(element(round * 100 + i));
    if (s.decode()) ++wrong;
  }
  // A random sketch of capacity c decodes with a probability near 1 / c!.
  EXPECT_LE(wrong, 2);
}

TEST(Sketch, IsLinearAndItsOwnInverse) {
  Sketch a(5), b(5), both(5);
  for (std::uint64_t i = 0; i < 30; ++i) {
    a.toggle(element(i));
    b.toggle(element(i + 100));
    both.toggle(element(i));
    both.toggle(element(i + 100));
  }
  EXPECT_EQ((a ^ b).sums(), both.sums());
  EXPECT_EQ((a ^ a).decode(), std::vector<Field>{});
  EXPECT_EQ((a ^ Sketch(3)).capacity(), 3u) << "a longer sketch begins with the shorter one";
  Sketch shorter(3);
  for (std::uint64_t i = 0; i < 30; ++i) shorter.toggle(element(i));
  EXPECT_EQ((a ^ Sketch(3)).sums(), shorter.sums());
}

}  // namespace
}  // namespace ledgerlab
