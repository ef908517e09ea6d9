// Order and amounts as in Yellow Paper 6.2, with the fee rules of EIP-1559 and EIP-4844.
#include "models/parts/ethereum/execute.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "models/parts/ethereum/transaction.hpp"

namespace ledgerlab::ethereum {
namespace {

/// What the sender must own: the most that gas and blobs may cost, and the value. Nothing if that
/// is beyond 256 bits.
std::optional<U256> upfront(const Transaction& tx) {
  const auto gas = checked_multiply(tx.max_fee, U256(tx.gas_limit));
  const auto blobs = checked_multiply(tx.max_blob_fee, U256(blob_gas(tx)));
  if (!gas || !blobs) return std::nullopt;
  const auto fees = checked_add(*gas, *blobs);
  return fees ? checked_add(*fees, tx.value) : std::nullopt;
}

TransactionFault check_block(const Transaction& tx, const BlockContext& block, Revision revision,
                             const BlockUse& use) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t left = block.gas_limit - std::min(block.gas_limit, use.gas);
  if (tx.gas_limit > std::min(left, most)) return TransactionFault::block_gas_limit;
  if (revision >= Revision::london && tx.max_fee < block.base_fee) {
    return TransactionFault::max_fee_below_base;  // EIP-1559
  }
  if (tx.type != TransactionType::blob) return TransactionFault::none;
  if (tx.max_blob_fee < block.blob_base_fee) return TransactionFault::blob_fee_below_base;
  if (use.blob_gas + blob_gas(tx) > max_blob_gas_per_block) return TransactionFault::blob_count;
  return TransactionFault::none;
}

TransactionFault check_sender(const Transaction& tx, const Address& sender, Overlay& overlay) {
  if (overlay.code(sender) != nullptr) return TransactionFault::sender_not_eoa;  // EIP-3607
  const std::uint64_t nonce = overlay.nonce(sender);
  if (tx.nonce < nonce) return TransactionFault::nonce_too_low;
  if (tx.nonce > nonce) return TransactionFault::nonce_too_high;
  const auto needed = upfront(tx);
  if (!needed || overlay.balance(sender) < *needed) return TransactionFault::insufficient_funds;
  return TransactionFault::none;
}

void warm_up(Overlay& overlay, const BlockContext& block, const Transaction& tx,
             const Address& sender) {
  if (overlay.revision() < Revision::berlin) return;
  overlay.access(sender);
  if (tx.to) overlay.access(*tx.to);
  if (overlay.revision() >= Revision::shanghai) overlay.access(block.coinbase);  // EIP-3651
  for (const AccessListEntry& entry : tx.access_list) {
    overlay.access(entry.address);
    for (const Hash256& key : entry.keys) overlay.access(entry.address, u256_from(key));
  }
}

ContractMessage frame_of(const Transaction& tx, const Address& sender, Revision revision) {
  ContractMessage out;
  out.kind = tx.to ? CallKind::call : CallKind::create;
  out.gas = static_cast<std::int64_t>(tx.gas_limit - intrinsic_gas(tx, revision));
  out.sender = sender;
  out.value = tx.value;
  out.input = tx.data;
  if (tx.to) out.recipient = out.code_address = *tx.to;
  return out;
}

/// The gas paid for: what was used, less the refund, which is capped (EIP-3529).
std::uint64_t gas_paid(const Transaction& tx, const ContractResult& result, Revision revision) {
  const std::uint64_t used = tx.gas_limit - static_cast<std::uint64_t>(result.gas_left);
  const std::uint64_t cap = used / (revision >= Revision::london ? 5 : 2);
  const auto refund = static_cast<std::uint64_t>(std::max<std::int64_t>(result.gas_refund, 0));
  return used - std::min(refund, cap);
}

}  // namespace

TransactionOutcome execute_transaction(Overlay& overlay, const BlockContext& block,
                                       const Transaction& tx, const Address& sender,
                                       ContractEngine& engine, BlockUse& use) {
  const Revision revision = overlay.revision();
  TransactionOutcome out;
  out.fault = validate(tx, revision, block.chain_id.low64());
  if (out.fault == TransactionFault::none) out.fault = check_block(tx, block, revision, use);
  if (out.fault == TransactionFault::none) out.fault = check_sender(tx, sender, overlay);
  if (out.fault != TransactionFault::none) return out;

  const U256 base_fee = revision >= Revision::london ? block.base_fee : U256();
  const U256 price = effective_gas_price(tx, base_fee);
  overlay.begin_transaction();
  overlay.subtract_balance(sender,
                           price * U256(tx.gas_limit) + block.blob_base_fee * U256(blob_gas(tx)));
  if (tx.to) overlay.set_nonce(sender, tx.nonce + 1);  // a creation does it itself
  warm_up(overlay, block, tx, sender);

  ContractContext context;
  context.gas_price = price;
  context.origin = sender;
  context.blob_hashes = tx.blob_hashes;
  Host host(overlay, block, context, engine);
  out.result = host.call(frame_of(tx, sender, revision));

  Receipt& receipt = out.receipt;
  receipt.gas_used = gas_paid(tx, out.result, revision);
  overlay.add_balance(sender, price * U256(tx.gas_limit - receipt.gas_used));
  // EIP-1559: the base fee is burnt.
  overlay.add_balance(block.coinbase, (price - base_fee) * U256(receipt.gas_used));
  receipt.logs = overlay.end_transaction();

  receipt.type = static_cast<std::uint8_t>(tx.type);
  receipt.success = out.result.status == ContractStatus::success;
  receipt.blob_gas_used = blob_gas(tx);
  receipt.effective_gas_price = price;
  if (receipt.success && !tx.to) receipt.created = out.result.created;
  use.gas += receipt.gas_used;
  use.blob_gas += receipt.blob_gas_used;
  receipt.cumulative_gas = use.gas;
  receipt.bloom = bloom_of(receipt.logs);
  if (revision < Revision::byzantium) receipt.post_state = overlay.commit().root();  // EIP-658
  return out;
}

ContractResult system_call(Overlay& overlay, const BlockContext& block, ContractEngine& engine,
                           const Address& from, const Address& to, ByteView input,
                           std::int64_t gas) {
  if (overlay.code(to) == nullptr) {
    ContractResult nothing;
    nothing.gas_left = gas;
    return nothing;
  }
  ContractMessage message;
  message.gas = gas;
  message.sender = from;
  message.recipient = message.code_address = to;
  message.input = input;
  ContractContext context;
  context.origin = from;
  overlay.begin_transaction();
  ContractResult out = Host(overlay, block, context, engine).call(message);
  overlay.end_transaction();
  return out;
}

ContractResult simulate_call(Overlay& overlay, const BlockContext& block, ContractEngine& engine,
                             const ContractMessage& message) {
  ContractContext context;
  context.origin = message.sender;
  overlay.begin_transaction();
  const Overlay::Snapshot before = overlay.snapshot();
  ContractResult out = Host(overlay, block, context, engine).call(message);
  overlay.revert(before);
  overlay.end_transaction();
  return out;
}

U256 blob_base_fee(std::uint64_t excess_blob_gas) {
  constexpr std::uint64_t update_fraction = 3'338'477;
  // fake_exponential(1, excess, fraction): a Taylor series of e^(excess / fraction). What is beyond
  // 256 bits nobody can pay.
  U256 sum, term = update_fraction;
  for (std::uint64_t i = 1; !term.is_zero(); ++i) {
    sum += term;
    const auto product = checked_multiply(term, U256(excess_blob_gas));
    if (!product) return U256::max();
    term = *product / U256(update_fraction * i);
  }
  return sum / U256(update_fraction);
}

}  // namespace ledgerlab::ethereum
