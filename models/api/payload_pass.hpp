// A block without its transactions: while a pass is in force on this thread, the payload inside a
// message is left out of what is written and taken from the pass in what is read. Compact blocks
// and headers (BIP 152, BIP 130) are made this way of every block type, whatever its header.
#pragma once

#include "models/api/block.hpp"

namespace ledgerlab {

class PayloadPass {
 public:
  PayloadPass();
  ~PayloadPass();
  PayloadPass(const PayloadPass&) = delete;
  PayloadPass& operator=(const PayloadPass&) = delete;

  PayloadRef payload;     // writing: the last one left out; reading: the one put in
  std::uint32_t met = 0;  // payloads left out or put in

 private:
  PayloadPass* outer_;
};

}  // namespace ledgerlab
