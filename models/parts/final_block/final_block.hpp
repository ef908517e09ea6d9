// What a ledger keeps on its disk of the last final block: enough to tell the consensus module after
// a restart where it stands. The payload is the consensus module's to keep.
#pragma once

#include "models/api/block.hpp"

namespace ledgerlab {

struct FinalRecord {
  Height height = 0;
  BlockId id;
  BlockId parent;
  Bytes header;
  Hash256 state_root;
  template <class A>
  void fields(A& a) {
    a(height, id, parent, header, state_root);
  }
};
/// The block without its payload.
BlockRef summary_block(const FinalRecord& record);

}  // namespace ledgerlab
