#include "models/ledger/account/state.hpp"

#include <algorithm>
#include <map>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::account {
namespace {

const Hash256& empty_code_hash() {
  static const Hash256 hash = keccak256({});
  return hash;
}

/// Accounts as one payload changes them, written into the trie once at the end. What was only
/// looked at is not written: an empty account does not come into being by failing (as EIP-161 has
/// it).
class Scratch {
 public:
  explicit Scratch(const State& pre) : pre_(pre) {}
  Account& at(const Address& address) {
    const auto [it, made] = accounts_.try_emplace(address);
    if (made) it->second.before = it->second.now = pre_.get(address);
    return it->second.now;
  }
  /// Appends the addresses of what it wrote, ascending.
  void write(State& state, std::vector<Address>& written) const {
    for (const auto& [address, account] : accounts_) {
      if (account.now == account.before) continue;
      state.set(address, account.now);
      written.push_back(address);
    }
  }

 private:
  struct Changing {
    Account before;
    Account now;
  };
  const State& pre_;
  std::map<Address, Changing> accounts_;
};

bool apply_transfer(Scratch& scratch, const Address& sender, const Transfer& t) {
  const auto cost = checked_add(t.value, U256(t.fee));
  Account& from = scratch.at(sender);
  if (from.nonce != t.nonce || !cost || from.balance < *cost) return false;
  ++from.nonce;
  from.balance -= *cost;
  scratch.at(t.to).balance += t.value;
  scratch.at(fee_account()).balance += U256(t.fee);
  return true;
}

void add_receipt(Trie& receipts, std::size_t index, bool succeeded) {
  Bytes key;
  rlp::append(key, static_cast<std::uint64_t>(index));
  Bytes status;
  rlp::append(status, std::uint64_t{succeeded});
  Bytes receipt;
  rlp::append_list(receipt, status);
  receipts.insert(key, receipt);
}

}  // namespace

Bytes encode_account(const Account& account) {
  Bytes items;
  rlp::append(items, account.nonce);
  rlp::append(items, account.balance);
  rlp::append(items, Trie::empty_root().view());
  rlp::append(items, empty_code_hash().view());
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
  const auto storage = cursor->fixed<32>();
  const auto code = cursor->fixed<32>();
  if (!cursor->finished() || storage != Trie::empty_root() || code != empty_code_hash()) {
    return std::nullopt;
  }
  return account;
}

const Address& fee_account() {
  static const Address address = [] {
    const Hash256 hash = keccak256(as_bytes("ledgerlab fee account"));
    Address out;
    std::memcpy(out.data.data(), hash.data.data() + 12, 20);
    return out;
  }();
  return address;
}

Account State::get(const Address& address) const {
  const auto bytes = trie_.get(address.view());
  return bytes ? decode_account(*bytes).value() : Account{};
}

void State::set(const Address& address, const Account& account) {
  trie_.insert(address.view(), encode_account(account));
}

Bytes State::serialise() const {
  Bytes out;
  codec::Writer writer(out);
  trie_.by_hash().visit([&](ByteView key, ByteView value) {
    writer.raw(key);
    writer(Bytes(value.begin(), value.end()));
    return true;
  });
  return out;
}

std::optional<State> State::deserialise(ByteView bytes) {
  State state;
  codec::Reader reader(bytes);
  Hash256 last;
  bool first = true;
  while (reader.remaining() > 0) {
    Hash256 key;
    Bytes value;
    reader(key, value);
    if (!reader.ok() || !decode_account(value) || (!first && key <= last)) return std::nullopt;
    state.trie_.by_hash().insert(key.view(), value);
    last = key;
    first = false;
  }
  return state;
}

StateRef genesis_state(const GenesisSpec& genesis, CryptoSuite& suite) {
  auto state = std::make_shared<State>();
  for (AccountIndex i = 0; i < genesis.accounts; ++i) {
    state->set(suite.account(i), {0, U256(genesis.balance)});
  }
  for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
    // An account that owns nothing is not part of the state.
    if (genesis.stakes[replica] == 0) continue;
    state->set(suite.account(stake_account(replica)), {0, U256(genesis.stakes[replica])});
  }
  state->root();  // hashes are filled in once, before versions are shared
  return state;
}

TransferFault transfer_fault(const Transaction& transaction, CryptoSuite& suite) {
  const SignedTransfer* transfer = decode_transfer(transaction);
  if (!transfer) return TransferFault::malformed;
  if (transfer->transfer.chain_id != ledgerlab_chain_id) return TransferFault::wrong_chain;
  if (!sender_of(*transfer, suite)) return TransferFault::bad_signature;
  return TransferFault::none;
}

std::string_view transfer_fault_text(TransferFault fault) {
  static constexpr std::string_view texts[] = {"valid", "malformed", "signature not valid",
                                               "for another chain"};
  return texts[static_cast<std::size_t>(fault)];
}

BlockResult execute_payload(const State& pre, const Payload& payload, CryptoSuite& suite,
                            const BlockResult* begun) {
  BlockResult result;
  if (begun) {
    result.outcomes = begun->outcomes;
    result.receipts = begun->receipts;
  }
  const State& from = begun ? static_cast<const State&>(*begun->post) : pre;
  Scratch scratch(from);
  for (std::size_t i = result.outcomes.size(); i < payload.transactions.size(); ++i) {
    const Transaction& tx = *payload.transactions[i];
    if (const auto fault = transfer_fault(tx, suite); fault != TransferFault::none) {
      BlockResult refused;
      refused.reason = "transaction " + to_hex(tx.id).substr(0, 16) + " is " +
                       std::string(transfer_fault_text(fault));
      return refused;
    }
    const SignedTransfer* transfer = decode_transfer(tx);
    const bool done = apply_transfer(scratch, *sender_of(*transfer, suite), transfer->transfer);
    result.outcomes.push_back(done ? TxOutcome::succeeded : TxOutcome::no_effect);
    add_receipt(result.receipts, i, done);
  }
  auto post = std::make_shared<State>(from);
  std::vector<Address> written;
  scratch.write(*post, written);
  if (begun) {
    // An account never changes back: nonces only rise, and without one balances do.
    std::set_union(begun->written.begin(), begun->written.end(), written.begin(), written.end(),
                   std::back_inserter(result.written));
  } else {
    result.written = std::move(written);
  }
  result.state_root = post->root();
  result.receipts_root = result.receipts.root();
  result.post = std::move(post);
  result.ok = true;
  return result;
}

}  // namespace ledgerlab::account
