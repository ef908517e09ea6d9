// Where this ledger keeps which contracts ran out of real time: in its state, so that blocks that
// are undone take it back, snapshots carry it, and nodes that disagree about it have two roots.
#pragma once

#include "models/parts/contract/watch.hpp"
#include "models/parts/ethereum/overlay.hpp"

namespace ledgerlab::account {

class StateStrikes final : public contract::Strikes {
 public:
  explicit StateStrikes(ethereum::Overlay& overlay) : overlay_(overlay) {}

  std::uint64_t of(const Address& contract) override {
    const auto item = overlay_.item(desk(), contract.view());
    return item ? u256_from_big_endian(*item).value_or(U256()).low64() : 0;
  }
  /// Between transactions.
  void set(const Address& contract, std::uint64_t strikes) override {
    // With a nonce it is no empty account, which EIP-161 would remove.
    if (overlay_.nonce(desk()) == 0) overlay_.set_nonce(desk(), 1);
    const auto value = to_big_endian(U256(strikes));
    overlay_.set_item(desk(), contract.view(), strikes == 0 ? ByteView() : value.view());
  }

 private:
  /// Beside the life cycle's system contract; nobody has its key, and it has no code.
  static Address desk() {
    Address out;
    out.data[17] = 0x1c;
    out.data[19] = 0x01;
    return out;
  }

  ethereum::Overlay& overlay_;
};

}  // namespace ledgerlab::account
