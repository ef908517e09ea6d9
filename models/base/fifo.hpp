// A queue in one vector: costs no allocation while empty (std::deque takes half a kilobyte).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace ledgerlab {

template <class T>
class Fifo {
 public:
  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& operator[](std::size_t i) { return items_[head_ + i]; }
  const T& operator[](std::size_t i) const { return items_[head_ + i]; }
  void push(T value) { items_.push_back(std::move(value)); }
  T pop() {
    T value = std::move(items_[head_++]);
    if (head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    } else if (head_ > 32 && head_ * 2 > items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return value;
  }
  /// Gives the memory of an empty queue back.
  void rest() {
    if (empty()) std::vector<T>().swap(items_);  // an assignment of {} would keep it
  }
  void clear() {
    items_.clear();
    head_ = 0;
  }

 private:
  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace ledgerlab
