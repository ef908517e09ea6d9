#include "models/ledger/combined/rules.hpp"

#include <algorithm>
#include <map>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::combined {
namespace {

const State& of(const ledger::State& state) { return static_cast<const State&>(state); }

Address named(std::string_view text) {
  const Hash256 hash = keccak256(as_bytes(text));
  Address out;
  std::copy_n(hash.data.begin() + 12, out.data.size(), out.data.begin());
  return out;
}

/// One block on both parts: a coin transaction that pays a bridge output raises a balance, a
/// transfer to the bridge makes a coin.
class Both {
 public:
  Both(const State& pre, std::uint32_t height, utxo::Rules& rules, CryptoSuite& suite)
      : pre_(pre),
        suite_(suite),
        policy_(rules.policy()),
        coins_(pre.coins(), height, rules.locks(), policy_) {}

  void add(const Transaction& transaction, std::string_view& fault) {
    if (!transaction.witnessed) {
      utxo::BlockResult& result = coins_.result();
      const bool done = transfer(*decode_transfer(transaction), transaction.id);
      result.outcomes.push_back(done ? TxOutcome::succeeded : TxOutcome::no_effect);
      if (done) result.effective.push_back(transaction.id);
      return;
    }
    fault = coins_.add(transaction);
    if (!fault.empty() || coins_.result().outcomes.back() != TxOutcome::succeeded) return;
    for (const bitcoin::TxOut& output : utxo::decoded(transaction)->tx.outputs) {
      if (const auto account = utxo::bridge_account(output.script_pubkey)) {
        at(*account).balance += U256(static_cast<std::uint64_t>(output.value));
      }
    }
  }

  ledger::BlockResultRef finish() {
    auto out = std::make_shared<utxo::BlockResult>(coins_.finish());
    SecureTrie accounts = pre_.accounts();
    std::uint64_t written = 0;
    for (const auto& [address, account] : accounts_) {
      if (account == pre_.get(address)) continue;
      accounts.insert(address.view(), encode_account(account));
      ++written;
    }
    out->work.front().second += written;
    auto coins = std::static_pointer_cast<const utxo::State>(out->post);
    auto post = std::make_shared<const State>(std::move(coins), std::move(accounts));
    out->state_root = post->root();
    out->post = std::move(post);
    return out;
  }

 private:
  Account& at(const Address& address) {
    const auto [it, made] = accounts_.try_emplace(address);
    if (made) it->second = pre_.get(address);
    return it->second;
  }

  bool transfer(const SignedTransfer& signed_transfer, const TxId& id) {
    const Transfer& t = signed_transfer.transfer;
    const auto cost = checked_add(t.value, U256(t.fee));
    Account& from = at(*sender_of(signed_transfer, suite_));
    if (from.nonce != t.nonce || !cost || from.balance < *cost) return false;
    const bool out = t.to == bridge_address();
    if (out && (!bitcoin::is_p2wpkh(t.data) || t.value.is_zero() ||
                t.value > U256(static_cast<std::uint64_t>(bitcoin::max_money)))) {
      return false;
    }
    ++from.nonce;
    from.balance -= *cost;
    at(fee_account()).balance += U256(t.fee);
    if (out) {
      coins_.make({id, 0}, {static_cast<bitcoin::Satoshi>(t.value.low64()), t.data});
      ++coins_.result().moved;
    } else {
      at(t.to).balance += t.value;
    }
    return true;
  }

  const State& pre_;
  CryptoSuite& suite_;
  const utxo::Policy& policy_;
  utxo::Execution coins_;
  std::map<Address, Account> accounts_;
};

}  // namespace

Bytes encode_account(const Account& account) {
  Bytes items;
  rlp::append(items, account.nonce);
  rlp::append(items, account.balance);
  Bytes out;
  rlp::append_list(out, items);
  return out;
}

std::optional<Account> decode_account(ByteView bytes) {
  auto cursor = rlp::Cursor::list(bytes);
  if (!cursor) return std::nullopt;
  Account account;
  account.nonce = cursor->number();
  account.balance = cursor->number256();
  if (!cursor->finished()) return std::nullopt;
  return account;
}

const Address& bridge_address() {
  static const Address address = named("ledgerlab bridge to coins");
  return address;
}
const Address& fee_account() {
  static const Address address = named("ledgerlab fee account");
  return address;
}

std::uint64_t coin_part(std::uint64_t balance) { return balance / 2; }

GenesisSpec coin_genesis(const GenesisSpec& genesis) {
  GenesisSpec out = genesis;
  out.balance = coin_part(genesis.balance);
  out.stakes.clear();
  return out;
}

Account State::get(const Address& address) const {
  const auto bytes = accounts_.get(address.view());
  return bytes ? decode_account(*bytes).value() : Account{};
}

Hash256 root_of(const Hash256& coins, const Hash256& accounts) {
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("ledgerlab combined state"), coins, accounts);
  return sha256(text);
}

Hash256 State::root() const { return root_of(coins_->root(), accounts_.root()); }

Rules::Rules(const GenesisSpec& genesis, CryptoSuite& suite)
    : genesis_(genesis), suite_(suite), coins_(coin_genesis(genesis), suite, true) {}

ledger::StateRef Rules::genesis() {
  SecureTrie accounts;
  const auto set = [&](AccountIndex index, std::uint64_t balance) {
    if (balance == 0) return;
    accounts.insert(suite_.account(index).view(), encode_account({0, U256(balance)}));
  };
  for (AccountIndex i = 0; i < genesis_.accounts; ++i) {
    set(i, genesis_.balance - coin_part(genesis_.balance));
  }
  for (NodeId replica = 0; replica < genesis_.stakes.size(); ++replica) {
    set(stake_account(replica), genesis_.stakes[replica]);
  }
  auto coins = std::static_pointer_cast<const utxo::State>(coins_.genesis());
  auto state = std::make_shared<const State>(std::move(coins), std::move(accounts));
  state->root();  // hashes are filled in once, before versions are shared
  return state;
}

std::string_view Rules::fault(const Transaction& transaction) {
  if (transaction.witnessed) return coins_.fault(transaction);
  const SignedTransfer* transfer = decode_transfer(transaction);
  if (transfer == nullptr) return "malformed";
  if (transfer->transfer.chain_id != ledgerlab_chain_id) return "for another chain";
  return sender_of(*transfer, suite_) ? std::string_view{} : "signature not valid";
}

std::string_view Rules::block_fault(const ledger::State& head, const Block& block) {
  return coins_.block_fault(of(head).coins(), block);
}

std::uint32_t Rules::signatures(const Transaction& transaction) {
  return transaction.witnessed ? coins_.signatures(transaction) : 1;
}

/// Always from the state before the block: `begun` saves nothing that is worth its books here.
ledger::BlockResultRef Rules::execute(const ledger::State& pre, const Block& block,
                                      const ledger::BlockResult*) {
  Both both(of(pre), static_cast<std::uint32_t>(block.height), coins_, suite_);
  for (const TxRef& transaction : block.payload->transactions) {
    std::string_view fault = this->fault(*transaction);
    if (fault.empty()) both.add(*transaction, fault);
    if (fault.empty()) continue;
    auto refused = std::make_shared<ledger::BlockResult>();
    refused->reason = utxo::fault_text(*transaction, fault);
    return refused;
  }
  return both.finish();
}

void Rules::check(const ledger::State& state, Checked& answer) {
  if (answer.transaction->witnessed) {
    coins_.check(of(state).coins(), answer);
    return;
  }
  const SignedTransfer& transfer = *decode_transfer(*answer.transaction);
  answer.sender = *sender_of(transfer, suite_);
  const Account account = of(state).get(answer.sender);
  answer.nonce = transfer.transfer.nonce;
  answer.next_nonce = account.nonce;
  // In the unit that coins pay in: every byte weighs four (BIP 141).
  answer.weight = answer.transaction->bytes.size() * bitcoin::witness_scale;
  answer.fee = static_cast<std::uint64_t>(Uint128{transfer.transfer.fee} * 1'000 / answer.weight);
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
  Queried answer = coins_.query(of(state).coins(), address);
  const Account account = of(state).get(address);
  answer.balance += account.balance;
  answer.nonce = account.nonce;
  return answer;
}

std::uint64_t Rules::stake(const ledger::State& state, NodeId replica) {
  const U256 balance = of(state).get(suite_.account(stake_account(replica))).balance;
  return std::min(balance, U256(~std::uint64_t{0})).low64();
}

Bytes Rules::serialise(const ledger::State& state) {
  Bytes out;
  codec::Writer writer(out);
  writer(of(state).coins().serialise());
  of(state).accounts().by_hash().visit([&](ByteView key, ByteView value) {
    writer.raw(key);
    writer(Bytes(value.begin(), value.end()));
    return true;
  });
  return out;
}

ledger::StateRef Rules::deserialise(ByteView bytes) {
  codec::Reader reader(bytes);
  Bytes part;
  reader(part);
  auto coins = reader.ok() ? utxo::State::deserialise(part) : std::nullopt;
  if (!coins) return nullptr;
  SecureTrie accounts;
  Hash256 last;
  for (bool first = true; reader.remaining() > 0; first = false) {
    Hash256 key;
    Bytes value;
    reader(key, value);
    if (!reader.ok() || !decode_account(value) || (!first && key <= last)) return nullptr;
    accounts.by_hash().insert(key.view(), value);
    last = key;
  }
  return std::make_shared<const State>(std::make_shared<const utxo::State>(std::move(*coins)),
                                       std::move(accounts));
}

}  // namespace ledgerlab::combined
