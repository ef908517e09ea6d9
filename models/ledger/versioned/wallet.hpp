// How a client writes proposals.
#pragma once

#include "models/api/model_info.hpp"

namespace ledgerlab::versioned {

class ProposalWallet final : public Wallet {
 public:
  explicit ProposalWallet(const ModuleContext& context);
  Written write(Crypto crypto, const Load::Item& item, std::uint64_t k) override;
  // Nothing of a proposal is used up before it is valid in a block.
  void skip(const Load::Item&) override {}
  void sent(const Slip&) override {}
  void settled(const Slip&, TxOutcome) override {}
  void given_up(const Slip&) override {}

 private:
  CryptoSuite& suite_;
  const ModelInfo* engine_;
  std::shared_ptr<const std::vector<GenesisContract>> contracts_;
  std::uint64_t first_number_;
};

}  // namespace ledgerlab::versioned
