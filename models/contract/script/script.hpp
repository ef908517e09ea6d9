// Bitcoin Script as a contract engine: a contract is a locking script, its balance a coin, and
// whoever brings what unlocks it may pay out of the balance. README.md says what a signature signs
// and what a spend costs.
#pragma once

#include <memory>

#include "models/parts/bitcoin/transaction.hpp"
#include "models/parts/contract/frame.hpp"

namespace ledgerlab::script {

/// Gas as the EVM's by time: some 30 ns an instruction.
inline constexpr contract::Limits default_limits = {.frame_gas = 2'000, .step_gas = 50};
inline constexpr std::int64_t signature_gas = 75'000;   // one check on the curve
inline constexpr std::int64_t hash_gas = 3'000;         // up to 520 bytes, twice
inline constexpr std::int64_t signed_word_gas = 200;    // 32 bytes of script under a signature
inline constexpr std::size_t max_input_size = 100'000;  // as Core relays: a quarter of 400,000

/// What a call asks for: `amount` out of the contract's balance to `to`.
struct Spend {
  Address to;
  U256 amount;
  Bytes script_sig;
  bitcoin::Witness witness;
};
/// The input of such a call: 20 bytes, 32 bytes big endian, the script and the witness as in
/// Bitcoin's transactions.
Bytes encode_spend(const Spend& spend);
/// Nothing unless the bytes are exactly one spend.
std::optional<Spend> read_spend(ByteView input);

/// The transaction of Bitcoin that a spend stands for, without script and witness: what its
/// signatures sign, by any of Bitcoin's hash types. `index` counts the contract's spends from zero.
bitcoin::Transaction spending_transaction(const U256& chain_id, const Address& contract,
                                          std::uint64_t index, const Spend& spend);
/// The output it spends: of no amount, so that deposits leave signatures valid.
bitcoin::TxOut spent_output(ByteView locking_script);

/// Upper bound of what these scripts cost: every instruction runs at most once.
std::int64_t cost(const Spend& spend, ByteView locking_script);

std::unique_ptr<contract::CodeEngine> make_script(contract::Limits limits = default_limits);

}  // namespace ledgerlab::script
