// Ethereum's host of contract frames: calls and creations with their value, nonce, code and revert
// rules on an Overlay, for any engine.
#pragma once

#include <functional>

#include "models/api/contract.hpp"
#include "models/parts/ethereum/overlay.hpp"

namespace ledgerlab::ethereum {

/// What a deployment must keep to; the defaults are Ethereum's.
struct CodeLimits {
  std::size_t code = 0x6000;  // EIP-170, from Spurious Dragon on
  bool refuse_ef = true;      // EIP-3541, from London on
};

/// What all transactions of a block see.
struct BlockContext {
  Address coinbase;
  std::int64_t number = 0;
  std::int64_t timestamp = 0;
  std::uint64_t gas_limit = 0;
  U256 prev_randao;  // before Paris: the difficulty
  U256 chain_id = 1;
  U256 base_fee;       // from London on
  U256 blob_base_fee;  // from Cancun on: blob_base_fee(excess)
  /// Asked only for the 256 blocks before this one.
  std::function<Hash256(std::int64_t)> block_hash;
  CodeLimits limits;
};

class Host final : public ContractHost {
 public:
  Host(Overlay& overlay, const BlockContext& block, ContractContext context,
       ContractEngine& engine);

  U256 storage(const Address& account, const U256& key) override;
  StorageStatus set_storage(const Address& account, const U256& key, const U256& value) override;
  U256 transient_storage(const Address& account, const U256& key) override;
  void set_transient_storage(const Address& account, const U256& key, const U256& value) override;
  bool exists(const Address& account) override;
  U256 balance(const Address& account) override;
  std::size_t code_size(const Address& account) override;
  Hash256 code_hash(const Address& account) override;
  CodeRef code(const Address& account) override;
  bool self_destruct(const Address& account, const Address& beneficiary) override;
  ContractResult call(const ContractMessage& message) override;
  const ContractContext& context() const override { return context_; }
  Hash256 block_hash(std::int64_t number) override;
  void log(const Address& account, ByteView data, std::span<const Hash256> topics) override;
  AccessStatus access(const Address& account) override;
  AccessStatus access(const Address& account, const U256& key) override;
  std::optional<Bytes> item(const Address& account, ByteView key) override;
  void set_item(const Address& account, ByteView key, ByteView value) override;

 private:
  ContractResult run(const ContractMessage& message);
  ContractResult create(const ContractMessage& message);
  void deploy(const Address& address, ContractResult& result);

  Overlay& overlay_;
  const BlockContext& block_;
  ContractContext context_;
  ContractEngine& engine_;
};

/// The address of a contract made by CREATE or a transaction (Yellow Paper 7, (88)).
Address create_address(const Address& sender, std::uint64_t nonce);
/// EIP-1014.
Address create2_address(const Address& sender, const Hash256& salt, const Hash256& init_code_hash);

}  // namespace ledgerlab::ethereum
