// A list that mostly has one element or none: that one stands in place, several in memory of their
// own, which goes when the list is empty again.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace ledgerlab {

template <class T>
class ShortList {
 public:
  bool empty() const { return size() == 0; }
  std::size_t size() const { return many_ ? many_->size() : one_; }
  T* begin() { return many_ ? many_->data() : &only_; }
  T* end() { return begin() + size(); }
  const T* begin() const { return many_ ? many_->data() : &only_; }
  const T* end() const { return begin() + size(); }
  const T& back() const { return *(end() - 1); }
  T& push_back(T value) {
    if (!many_ && one_ == 0) {
      one_ = 1;
      return only_ = std::move(value);
    }
    if (!many_) {
      many_ = std::make_unique<std::vector<T>>();
      many_->push_back(std::exchange(only_, T()));
      one_ = 0;
    }
    return many_->emplace_back(std::move(value));
  }
  template <class Gone>
  void erase_if(const Gone& gone) {
    if (many_) {
      std::erase_if(*many_, gone);
      if (many_->empty()) many_.reset();
    } else if (one_ != 0 && gone(only_)) {
      only_ = T();
      one_ = 0;
    }
  }

 private:
  T only_{};
  std::unique_ptr<std::vector<T>> many_;  // if there are or were several
  std::uint32_t one_ = 0;
};

}  // namespace ledgerlab
