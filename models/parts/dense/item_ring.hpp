// Items by consecutive numbers, the oldest dropped first: a ring in one piece of memory, so that
// dropping moves nothing. It grows by a few while it is small: thousands of nodes hold one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

namespace ledgerlab {

template <class T>
class ItemRing {
 public:
  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Number of the first, and of the one that comes next.
  std::uint32_t begin() const { return begin_; }
  std::uint32_t end() const { return begin_ + size_; }
  /// Nothing is in it yet: the first number.
  void start_at(std::uint32_t number) { begin_ = number; }
  bool holds(std::uint32_t number) const { return number - begin_ < size_; }
  T& operator[](std::uint32_t number) { return items_[place(number)]; }
  const T& operator[](std::uint32_t number) const { return items_[place(number)]; }
  /// As if new, with the number end() had. References to others do not last.
  T& push() {
    if (size_ == room_) grow();
    ++size_;
    return (*this)[end() - 1];
  }
  void pop() {
    items_[first_] = T();
    if (++first_ == room_) first_ = 0;
    ++begin_;
    --size_;
  }

 private:
  std::uint32_t place(std::uint32_t number) const {
    const std::uint32_t at = first_ + (number - begin_);
    return at < room_ ? at : at - room_;
  }
  void grow() {
    const std::uint32_t room = room_ < 16 ? room_ + 2 : room_ + room_ / 2;
    auto items = std::make_unique<T[]>(room);
    for (std::uint32_t i = 0; i < size_; ++i) items[i] = std::move((*this)[begin_ + i]);
    items_ = std::move(items);
    room_ = room;
    first_ = 0;
  }

  std::unique_ptr<T[]> items_;
  std::uint32_t room_ = 0;
  std::uint32_t first_ = 0;  // where number begin_ stands
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace ledgerlab
