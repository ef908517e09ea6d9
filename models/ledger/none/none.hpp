// No ledger: every call is answered in the same instant, nothing is executed, every state has root
// zero. For worlds that ask about the network and the chain alone. What a node knows to be final is
// durable all the same, so that it comes back after a crash.
#pragma once

#include <memory>
#include <vector>

#include "models/api/model_info.hpp"
#include "models/base/fifo.hpp"
#include "models/base/line_allocator.hpp"

namespace ledgerlab::no_ledger {

/// The stakes of genesis, which nothing ever moves: one list for all nodes.
class Store final : public SharedStore {
 public:
  explicit Store(std::vector<std::uint64_t> stakes)
      : stakes(std::make_shared<const std::vector<std::uint64_t>>(std::move(stakes))) {}
  const std::shared_ptr<const std::vector<std::uint64_t>> stakes;
};

class NoLedger final : public Module {
 public:
  static void* operator new(std::size_t bytes) { return line_pool::take(bytes); }
  static void operator delete(void* room, std::size_t bytes) { line_pool::give(room, bytes); }
  explicit NoLedger(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;
  void warm(unsigned depth) const override;

 private:
  void on_call(const LocalCall& call, Effects& effects);
  void adopt(const LocalCall& call, Effects& effects, const Adopt& ask);
  void finalise(Effects& effects, const BlockRef& block);
  void install(const LocalCall& call, Effects& effects, const SnapshotRef& data);
  void make_durable(Effects& effects, const Block& block);
  const BlockRef& head() const { return chain_.back(); }
  const BlockRef& final_block() const { return chain_.front(); }

  // One cache line: ten thousand nodes hold one.
  Store& store_;
  LineVector<BlockRef> chain_;  // the final block, and what is adopted above it
  std::uint64_t next_record_ = 1;
  struct Untold {
    std::uint64_t record = 0;
    BlockRef block;
  };
  std::unique_ptr<Fifo<Untold>> untold_;  // final here, their record not yet durable; null: none
  bool tentative_;                        // replies before a block is final are sent here
};

}  // namespace ledgerlab::no_ledger
