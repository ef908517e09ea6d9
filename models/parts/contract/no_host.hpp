// A ledger that has nothing: for reading a contract's code apart from any call. Whatever is asked
// of it throws, and the frame that asked is stopped.
#pragma once

#include <stdexcept>

#include "models/api/contract.hpp"

namespace ledgerlab::contract {

class NoHost final : public ContractHost {
 public:
  U256 storage(const Address&, const U256&) override { refuse(); }
  StorageStatus set_storage(const Address&, const U256&, const U256&) override { refuse(); }
  U256 transient_storage(const Address&, const U256&) override { refuse(); }
  void set_transient_storage(const Address&, const U256&, const U256&) override { refuse(); }
  bool exists(const Address&) override { refuse(); }
  U256 balance(const Address&) override { refuse(); }
  std::size_t code_size(const Address&) override { refuse(); }
  Hash256 code_hash(const Address&) override { refuse(); }
  CodeRef code(const Address&) override { refuse(); }
  bool self_destruct(const Address&, const Address&) override { refuse(); }
  ContractResult call(const ContractMessage&) override { refuse(); }
  const ContractContext& context() const override { return context_; }
  Hash256 block_hash(std::int64_t) override { refuse(); }
  void log(const Address&, ByteView, std::span<const Hash256>) override { refuse(); }
  AccessStatus access(const Address&) override { refuse(); }
  AccessStatus access(const Address&, const U256&) override { refuse(); }
  std::optional<Bytes> item(const Address&, ByteView) override { refuse(); }
  void set_item(const Address&, ByteView, ByteView) override { refuse(); }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("there is no ledger here"); }
  ContractContext context_;
};

}  // namespace ledgerlab::contract
