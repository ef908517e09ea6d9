#include "models/ledger/account/rules.hpp"

#include <algorithm>

#include "models/ledger/account/chain.hpp"
#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::account {
namespace {

const State& of(const ledger::State& state) { return static_cast<const State&>(state); }

}  // namespace

Rules::Rules(const GenesisSpec& genesis, CryptoSuite& suite) : genesis_(genesis), suite_(suite) {
  Chain{genesis};  // its parameters are contracts'; read, so that nobody takes them for forgotten
}

std::string_view Rules::fault(const Transaction& transaction) {
  const TransferFault fault = transfer_fault(transaction, suite_);
  return fault == TransferFault::none ? std::string_view{} : transfer_fault_text(fault);
}

ledger::BlockResultRef Rules::execute(const ledger::State& pre, const Block& block,
                                      const ledger::BlockResult* begun) {
  auto result = std::make_shared<BlockResult>(
      execute_payload(of(pre), *block.payload, suite_, static_cast<const BlockResult*>(begun)));
  result->work = {{Operation::state_update, result->written.size()}};
  return result;
}

void Rules::check(const ledger::State& state, Checked& answer) {
  const SignedTransfer& transfer = *decode_transfer(*answer.transaction);
  answer.sender = *sender_of(transfer, suite_);
  const Account account = of(state).get(answer.sender);
  answer.nonce = transfer.transfer.nonce;
  answer.next_nonce = account.nonce;
  answer.fee = transfer.transfer.fee;
  const auto cost = checked_add(transfer.transfer.value, U256(transfer.transfer.fee));
  if (answer.nonce < answer.next_nonce) {
    answer.reason = "nonce used";
  } else if (!cost || account.balance < *cost) {
    answer.reason = "unaffordable";
  } else {
    answer.ok = true;
  }
}

Queried Rules::query(const ledger::State& state, const Address& address) {
  const Account account = of(state).get(address);
  return {address, account.balance, account.nonce, 0};
}

std::optional<TrieProof> Rules::prove(const ledger::State& state, const Address& address) {
  return of(state).prove(address);
}

std::uint64_t Rules::stake(const ledger::State& state, NodeId replica) {
  const U256 balance = of(state).get(suite_.account(stake_account(replica))).balance;
  return std::min(balance, U256(~std::uint64_t{0})).low64();
}

Bytes Rules::serialise(const ledger::State& state) { return of(state).serialise(); }

ledger::StateRef Rules::deserialise(ByteView bytes) {
  auto parsed = State::deserialise(bytes);
  return parsed ? std::make_shared<const State>(std::move(*parsed)) : nullptr;
}

}  // namespace ledgerlab::account
