// The heap of a run with many nodes: what their modules hold lies all over it, so that on pages of
// 4 KiB most accesses would first miss the translation of their address.
#pragma once

#include <cstddef>

namespace ledgerlab {

/// Asks for pages of 2 MiB for the part of the main thread's heap that is not in use yet. A hint
/// only: on another thread, and where malloc or the system has no such thing, nothing changes.
class HugeHeap {
 public:
  /// The run will take about so many; a small one goes without.
  explicit HugeHeap(std::size_t bytes);
  /// The heap may have grown.
  void follow();

 private:
  char* end_ = nullptr;  // so far on huge pages; null: off
};

}  // namespace ledgerlab
