#include "models/ledger/account/meter.hpp"

#include <algorithm>

namespace ledgerlab::account {
namespace {

// What EIP-2929 and EIP-2200 (as of EIP-3529) charge for the ledger's work rather than the
// engine's: above the 100 of a warm access. That work has rows of its own in the cost table.
constexpr std::int64_t cold_slot = 2'000;
constexpr std::int64_t cold_account = 2'500;
constexpr std::int64_t slot_added = 19'900;
constexpr std::int64_t slot_changed = 2'800;

class MeteredHost final : public ContractHost {
 public:
  MeteredHost(ContractHost& inner, Metered& metered, std::int64_t& data_gas)
      : inner_(inner), metered_(metered), data_gas_(data_gas) {}

  U256 storage(const Address& account, const U256& key) override {
    return inner_.storage(account, key);
  }
  StorageStatus set_storage(const Address& account, const U256& key, const U256& value) override {
    const StorageStatus status = inner_.set_storage(account, key, value);
    if (status == StorageStatus::added) data_gas_ += slot_added;
    const bool changed = status == StorageStatus::modified || status == StorageStatus::deleted;
    if (changed) data_gas_ += slot_changed;
    if (changed || status == StorageStatus::added) ++metered_.writes;
    return status;
  }
  U256 transient_storage(const Address& account, const U256& key) override {
    return inner_.transient_storage(account, key);
  }
  void set_transient_storage(const Address& account, const U256& key, const U256& value) override {
    inner_.set_transient_storage(account, key, value);
  }
  bool exists(const Address& account) override { return inner_.exists(account); }
  U256 balance(const Address& account) override { return inner_.balance(account); }
  std::size_t code_size(const Address& account) override { return inner_.code_size(account); }
  Hash256 code_hash(const Address& account) override { return inner_.code_hash(account); }
  CodeRef code(const Address& account) override { return inner_.code(account); }
  bool self_destruct(const Address& account, const Address& beneficiary) override {
    metered_.accounts.insert(beneficiary);
    return inner_.self_destruct(account, beneficiary);
  }
  ContractResult call(const ContractMessage& message) override {
    if (!message.value.is_zero()) metered_.accounts.insert(message.recipient);
    return inner_.call(message);
  }
  const ContractContext& context() const override { return inner_.context(); }
  Hash256 block_hash(std::int64_t number) override { return inner_.block_hash(number); }
  void log(const Address& account, ByteView data, std::span<const Hash256> topics) override {
    inner_.log(account, data, topics);
  }
  AccessStatus access(const Address& account) override {
    const AccessStatus status = inner_.access(account);
    if (status == AccessStatus::cold) data_gas_ += cold_account;
    return status;
  }
  AccessStatus access(const Address& account, const U256& key) override {
    const AccessStatus status = inner_.access(account, key);
    if (status == AccessStatus::cold) {
      data_gas_ += cold_slot;
      ++metered_.reads;
    }
    return status;
  }
  std::optional<Bytes> item(const Address& account, ByteView key) override {
    ++metered_.reads;
    return inner_.item(account, key);
  }
  void set_item(const Address& account, ByteView key, ByteView value) override {
    ++metered_.writes;
    inner_.set_item(account, key, value);
  }

 private:
  ContractHost& inner_;
  Metered& metered_;
  std::int64_t& data_gas_;
};

}  // namespace

ContractResult MeteredEngine::execute(ContractHost& host, Revision revision,
                                      const ContractMessage& message, const ContractCode& code) {
  ++metered.frames;
  metered.accounts.insert(message.recipient);
  std::int64_t* const outer = data_gas_;
  std::int64_t data_gas = 0;
  if (outer == nullptr) data_gas_ = &data_gas;
  MeteredHost seen(host, metered, *data_gas_);
  inner_.observer = observer;
  ContractResult result = inner_.execute(seen, revision, message, code);
  // Frames below are part of what the outermost one used.
  if (outer == nullptr) {
    metered.gas += static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, message.gas - result.gas_left - data_gas));
    data_gas_ = nullptr;
  }
  return result;
}

}  // namespace ledgerlab::account
