#include "models/parts/final_block/final_block.hpp"

namespace ledgerlab {

BlockRef summary_block(const FinalRecord& record) {
  auto block = std::make_shared<Block>();
  block->height = record.height;
  block->id = record.id;
  block->parent = record.parent;
  block->header = record.header;
  block->payload = empty_payload();
  block->state_root = record.state_root;
  return block;
}

}  // namespace ledgerlab
