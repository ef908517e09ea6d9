// The execution phase: a proposal run on a state that it does not change, its reads and writes
// recorded (Androulaki et al. section 3.2). Transfers, and contracts of any engine through a host
// whose data are the keys below.
#pragma once

#include <map>

#include "models/api/contract.hpp"
#include "models/parts/pipeline/envelope.hpp"
#include "models/parts/pipeline/state.hpp"

namespace ledgerlab::pipeline {

// --- what stands under which key: a letter, an address, and what the engine names it by ----------
Bytes balance_key(const Address& account);  // 32 bytes, most significant first
Bytes code_key(const Address& account);
Bytes word_key(const Address& account, const U256& key);  // 32 bytes likewise
Bytes item_key(const Address& account, ByteView key);
/// Written by validation itself when a proposal's writes were applied, so that no second envelope
/// of the same proposal can be (Fabric: DUPLICATE_TXID).
Bytes proposal_key(const TxId& proposal);

U256 balance_in(ByteView value);
Bytes balance_value(const U256& balance);  // empty for zero: nothing is there

/// Code by hash, so that what engines derive from it is derived once.
class CodeCache {
 public:
  CodeRef at(ByteView bytes);

 private:
  std::map<Hash256, CodeRef> codes_;
};

/// A contract engine's side of a simulation. Differs from Ethereum's host where state mode has to:
/// no nonces (new addresses follow from the proposal), no block (number, time and hashes read zero:
/// nobody knows which block it will be in), logs are dropped, destruction moves the balance only.
class Host final : public ContractHost {
 public:
  Host(Recorder& recorder, ContractEngine& engine, CodeCache& codes, const TxId& proposal,
       const Address& origin);

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
  Hash256 block_hash(std::int64_t) override { return {}; }
  void log(const Address&, ByteView, std::span<const Hash256>) override {}
  AccessStatus access(const Address& account) override;
  AccessStatus access(const Address& account, const U256& key) override;
  std::optional<Bytes> item(const Address& account, ByteView key) override;
  void set_item(const Address& account, ByteView key, ByteView value) override;

  std::uint64_t frames() const { return frames_; }
  /// A creation at the address that the message names (contracts of genesis).
  ContractResult create_at(ContractMessage message);

 private:
  ContractResult run(const ContractMessage& message);
  ContractResult create(const ContractMessage& message);
  void move(const Address& from, const Address& to, const U256& value);

  Recorder& recorder_;
  ContractEngine& engine_;
  CodeCache& codes_;
  ContractContext context_;
  TxId proposal_;
  std::uint64_t created_ = 0;
  std::uint64_t frames_ = 0;
  std::map<std::pair<Address, U256>, U256> transient_;
  std::map<Bytes, bool> warm_;
};

/// Fork whose rules engines see.
inline constexpr Revision revision = Revision::cancun;

/// What a simulation gave. `reason` is empty where it succeeded.
struct Simulation {
  std::string reason;
  ReadWriteSet set;
  Address created;
  std::uint64_t gas = 0;  // used by contract frames
  std::uint64_t frames = 0;
};

/// `engine` null: transfers only.
Simulation simulate(const State& state, const Proposal& proposal, const TxId& id,
                    ContractEngine* engine, CodeCache& codes);

}  // namespace ledgerlab::pipeline
