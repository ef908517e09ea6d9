// The parts of gas costs that depend on sizes, values and access (Yellow Paper, appendix G, and the
// EIPs named here). Constant parts stand in opcodes.hpp.
#pragma once

#include <array>
#include <cstdint>

#include "models/api/contract.hpp"

namespace ledgerlab::evm::gas {

inline constexpr std::int64_t copy_word = 3;
inline constexpr std::int64_t keccak_word = 6;
inline constexpr std::int64_t log_byte = 8;
inline constexpr std::int64_t call_value = 9'000;
inline constexpr std::int64_t call_stipend = 2'300;
inline constexpr std::int64_t new_account = 25'000;
inline constexpr std::int64_t exp_byte_frontier = 10;
inline constexpr std::int64_t exp_byte = 50;              // EIP-160
inline constexpr std::int64_t initcode_word = 2;          // EIP-3860
inline constexpr std::size_t initcode_size_max = 49'152;  // EIP-3860
inline constexpr std::int64_t sstore_sentry = 2'300;      // EIP-2200: not with the stipend alone
inline constexpr std::int64_t self_destruct_refund = 24'000;  // until London (EIP-3529)

// EIP-2929. The warm price is the constant cost of the instruction; the surcharge makes it cold.
inline constexpr std::int64_t warm_access = 100;
inline constexpr std::int64_t cold_account = 2'600;
inline constexpr std::int64_t cold_slot = 2'100;

/// Bytes that a frame's memory may have: beyond, no gas that exists pays for it.
inline constexpr std::uint64_t memory_size_max = std::uint64_t{1} << 32;

constexpr std::int64_t words(std::uint64_t bytes) {
  return static_cast<std::int64_t>((bytes + 31) / 32);
}

/// Yellow Paper, equation 326: the whole price of a memory of so many words.
constexpr std::int64_t memory(std::int64_t word_count) {
  return 3 * word_count + word_count * word_count / 512;
}

struct StorageCost {
  std::int32_t gas = 0;
  std::int32_t refund = 0;
};
inline constexpr std::size_t storage_status_count = 9;
using StorageCosts = std::array<StorageCost, storage_status_count>;

/// Until Byzantium and in Petersburg: only the current and the new value count.
consteval StorageCosts flat_storage_costs() {
  StorageCosts out{};
  out.fill({5'000, 0});
  const auto at = [&out](StorageStatus s) -> StorageCost& {
    return out[static_cast<std::size_t>(s)];
  };
  for (const auto s :
       {StorageStatus::added, StorageStatus::deleted_added, StorageStatus::deleted_restored}) {
    at(s) = {20'000, 0};
  }
  for (const auto s :
       {StorageStatus::deleted, StorageStatus::modified_deleted, StorageStatus::added_deleted}) {
    at(s) = {5'000, 15'000};
  }
  return out;
}

/// Net metering (EIP-1283, EIP-2200, EIP-2929, EIP-3529): `dirty` is the price of what changes no
/// more than was paid for, `reset` of the first change of a non-zero slot, `clear` the refund.
consteval StorageCosts net_storage_costs(std::int32_t dirty, std::int32_t reset,
                                         std::int32_t clear) {
  constexpr std::int32_t set = 20'000;
  StorageCosts out{};
  const auto at = [&out](StorageStatus s) -> StorageCost& {
    return out[static_cast<std::size_t>(s)];
  };
  at(StorageStatus::assigned) = {dirty, 0};
  at(StorageStatus::added) = {set, 0};
  at(StorageStatus::deleted) = {reset, clear};
  at(StorageStatus::modified) = {reset, 0};
  at(StorageStatus::deleted_added) = {dirty, -clear};
  at(StorageStatus::modified_deleted) = {dirty, clear};
  at(StorageStatus::deleted_restored) = {dirty, reset - dirty - clear};
  at(StorageStatus::added_deleted) = {dirty, set - dirty};
  at(StorageStatus::modified_restored) = {dirty, reset - dirty};
  return out;
}

consteval std::array<StorageCosts, revision_count> make_storage_costs() {
  std::array<StorageCosts, revision_count> out{};
  for (std::size_t i = 0; i < revision_count; ++i) {
    const auto revision = static_cast<Revision>(i);
    if (revision >= Revision::london) {
      out[i] = net_storage_costs(100, 5'000 - cold_slot, 4'800);
    } else if (revision >= Revision::berlin) {
      out[i] = net_storage_costs(100, 5'000 - cold_slot, 15'000);
    } else if (revision >= Revision::istanbul) {
      out[i] = net_storage_costs(800, 5'000, 15'000);
    } else if (revision == Revision::constantinople) {
      out[i] = net_storage_costs(200, 5'000, 15'000);
    } else {
      out[i] = flat_storage_costs();
    }
  }
  return out;
}
inline constexpr auto storage_costs = make_storage_costs();

constexpr StorageCost storage_cost(Revision revision, StorageStatus status) {
  return storage_costs[static_cast<std::size_t>(revision)][static_cast<std::size_t>(status)];
}
static_assert(storage_cost(Revision::constantinople, StorageStatus::added_deleted).refund ==
              19'800);
static_assert(storage_cost(Revision::constantinople, StorageStatus::modified_restored).refund ==
              4'800);
static_assert(storage_cost(Revision::istanbul, StorageStatus::added_deleted).refund == 19'200);
static_assert(storage_cost(Revision::berlin, StorageStatus::modified_restored).refund == 2'800);
static_assert(storage_cost(Revision::london, StorageStatus::deleted_restored).refund == -2'000);

}  // namespace ledgerlab::evm::gas
