// A list of nodes that mostly nobody changes: somebody else's that lasts as long as the world (the
// rows of a static overlay), until its owner takes another. A hundred thousand nodes hold some.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "models/base/ids.hpp"

namespace ledgerlab {

class NodeList {
 public:
  NodeList() = default;
  /// `lasting` outlives this object.
  explicit NodeList(std::span<const NodeId> lasting)
      : data_(lasting.data()), size_(static_cast<std::uint32_t>(lasting.size())) {}
  NodeList(const NodeList&) = delete;
  NodeList& operator=(const NodeList&) = delete;
  NodeList& operator=(const std::vector<NodeId>& copied) {
    auto fresh = std::make_unique<NodeId[]>(copied.size());
    std::copy(copied.begin(), copied.end(), fresh.get());
    drop();
    data_ = fresh.release();
    size_ = static_cast<std::uint32_t>(copied.size());
    own_ = true;
    return *this;
  }
  ~NodeList() { drop(); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const NodeId* data() const { return data_; }
  const NodeId* begin() const { return data_; }
  const NodeId* end() const { return data_ + size_; }
  NodeId front() const { return data_[0]; }
  NodeId operator[](std::size_t i) const { return data_[i]; }

 private:
  void drop() {
    if (own_) delete[] data_;
  }
  const NodeId* data_ = nullptr;
  std::uint32_t size_ = 0;
  bool own_ = false;
};

}  // namespace ledgerlab
