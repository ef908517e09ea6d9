// Sorting an instant: keys are uniform, so one stable scatter by their high bits leaves runs of a
// few events, which an insertion sort finishes.
#include "sim/kernel/instant_order.hpp"

#include <algorithm>
#include <bit>

namespace ledgerlab {
namespace {

constexpr std::size_t events_per_bucket = 4;
constexpr unsigned bucket_bits_max = 18;
constexpr std::size_t insertion_max = 48;
/// Above this the memory of one large instant is not kept for the next.
constexpr std::size_t kept_max = std::size_t{1} << 16;

using Keyed = InstantSorter::Keyed;

void insertion_sort(Keyed* first, Keyed* last) {
  for (Keyed* next = first + 1; next < last; ++next) {
    const Keyed moved = *next;
    Keyed* hole = next;
    for (; hole != first && moved.key < hole[-1].key; --hole) *hole = hole[-1];
    *hole = moved;
  }
}

}  // namespace

void InstantSorter::begin(std::size_t size) {
  size_ = size;
  const auto width = static_cast<unsigned>(std::bit_width(size / events_per_bucket));
  const unsigned bits = std::clamp(width, 1u, bucket_bits_max);
  shift_ = 64 - bits;
  if (sorted_.size() > kept_max && size <= kept_max) {
    sorted_ = {};
    offsets_ = {};
  }
  if (sorted_.size() < size) sorted_.resize(size);
  offsets_.assign(std::size_t{1} << bits, 0);
}

void InstantSorter::accumulate() {
  std::uint32_t sum = 0;
  for (std::uint32_t& offset : offsets_) {
    const std::uint32_t count = offset;
    offset = sum;
    sum += count;
  }
}

void InstantSorter::finish() {
  std::size_t first = 0;
  for (const std::uint32_t last : offsets_) {
    Keyed* const run = sorted_.data() + first;
    const std::size_t count = last - first;
    first = last;
    if (count < 2) continue;
    if (count <= insertion_max) {
      insertion_sort(run, run + count);
    } else {  // many messages of one link: equal keys
      std::stable_sort(run, run + count,
                       [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
    }
  }
}

}  // namespace ledgerlab
