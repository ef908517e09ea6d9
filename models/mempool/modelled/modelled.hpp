// A mempool that has no transactions and always a full block: its payloads stand for
// `block_transactions` transactions and `block_bytes` bytes. For worlds that ask how blocks of a
// given size spread.
#pragma once

#include "models/api/model_info.hpp"
#include "models/base/line_pool.hpp"

namespace ledgerlab::modelled_pool {

class ModelledPool final : public Module {
 public:
  static void* operator new(std::size_t bytes) { return line_pool::take(bytes); }
  static void operator delete(void* room, std::size_t bytes) { line_pool::give(room, bytes); }
  explicit ModelledPool(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;
  void warm(unsigned) const override { __builtin_prefetch(this, 1); }

 private:
  void on_build(const LocalCall& call, Effects& effects, const Build& build);
  void offer(Effects& effects) const;

  NodeId self_;
  std::uint32_t count_;
  std::uint32_t bytes_;
  bool leads_ = false;
  std::uint64_t built_ = 0;
};

}  // namespace ledgerlab::modelled_pool
