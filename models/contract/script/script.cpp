#include "models/contract/script/script.hpp"

#include <algorithm>

#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"

namespace ledgerlab::script {
namespace {

using contract::Frame;

/// Nothing here is upgraded later, so all that Bitcoin leaves open for that is refused.
constexpr std::uint32_t flags = bitcoin::standard_script_flags | bitcoin::verify_sigpushonly;
constexpr std::string_view coin_item = "coin";
constexpr std::int64_t p2wpkh_instructions = 5;  // BIP 143: DUP HASH160 <hash> EQUALVERIFY CHECKSIG

/// The contract's balance as a coin: made anew by every spend, so that none can be said twice.
struct Coin {
  std::uint64_t index = 0;
  std::int64_t height = 0;
  std::int64_t time = 0;
};

Bytes encode_coin(const Coin& coin) {
  Bytes out;
  bitcoin::put_u64(out, coin.index);
  bitcoin::put_u64(out, static_cast<std::uint64_t>(coin.height));
  bitcoin::put_u64(out, static_cast<std::uint64_t>(coin.time));
  return out;
}

Coin decode_coin(const std::optional<Bytes>& bytes) {
  Coin coin;
  if (!bytes) return coin;
  bitcoin::Reader in(*bytes);
  coin.index = in.u64();
  coin.height = static_cast<std::int64_t>(in.u64());
  coin.time = static_cast<std::int64_t>(in.u64());
  return coin;
}

/// Locks look at the block that runs the spend, not at numbers in a transaction: there is none.
class Checker final : public bitcoin::TransactionChecker {
 public:
  Checker(const bitcoin::Transaction& tx, const bitcoin::TransactionHashes& hashes,
          const ContractContext& block, const Coin& coin)
      : TransactionChecker(tx, 0, 0, hashes), block_(block), coin_(coin) {}

  bool check_locktime(std::int64_t locktime) const override {  // BIP 65, 113
    return locktime <
           (locktime < bitcoin::locktime_threshold ? block_.block_number : block_.timestamp);
  }
  bool check_sequence(std::int64_t sequence) const override {  // BIP 68, 112
    constexpr std::int64_t by_time = std::int64_t{1} << 22;
    const std::int64_t units = sequence & 0xffff;
    if ((sequence & by_time) != 0) return block_.timestamp - coin_.time >= units * 512;
    return block_.block_number - coin_.height >= units;
  }

 private:
  const ContractContext& block_;
  const Coin& coin_;
};

std::int64_t words(std::size_t bytes) { return static_cast<std::int64_t>((bytes + 31) / 32); }

/// Of one script. Data that no instruction can push ends the script there, as it will when it runs.
std::int64_t script_cost(ByteView script) {
  const std::int64_t check = signature_gas + words(script.size()) * signed_word_gas;
  std::int64_t sum = 0;
  std::int64_t keys = bitcoin::max_keys_per_multisig;
  bitcoin::ScriptReader reader(script);
  bitcoin::Instruction instruction;
  while (reader.next(instruction)) {
    const Byte op = instruction.opcode;
    sum += default_limits.step_gas;
    if (op >= bitcoin::op_ripemd160 && op <= bitcoin::op_hash256) sum += hash_gas;
    const bool multisig = op == bitcoin::op_checkmultisig || op == bitcoin::op_checkmultisigverify;
    const bool one = op == bitcoin::op_checksig || op == bitcoin::op_checksigverify ||
                     op == bitcoin::op_checksigadd;
    // Before a multi-signature check stands its number of keys, else it counts the most there are.
    if (multisig) sum += keys * check;
    if (one) sum += check;
    keys = op >= bitcoin::op_1 && op <= bitcoin::op_16 ? op - bitcoin::op_reserved
                                                       : bitcoin::max_keys_per_multisig;
  }
  return sum;
}

std::int64_t witness_cost(const bitcoin::WitnessProgram& program, std::span<const Bytes> witness) {
  if (program.version == 0 && program.program.size() == 32) {
    return witness.empty() ? 0
                           : hash_gas + words(witness.back().size()) * signed_word_gas +
                                 script_cost(witness.back());
  }
  if (program.version == 0) {
    return p2wpkh_instructions * default_limits.step_gas + hash_gas + signature_gas;
  }
  // BIP 341: the annex, the control block and the script, or a signature by the output's key.
  if (witness.size() >= 2 && !witness.back().empty() && witness.back()[0] == bitcoin::annex_tag) {
    witness = witness.first(witness.size() - 1);
  }
  if (witness.size() < 2) return signature_gas;
  const Bytes& control = witness.back();
  const Bytes& tapscript = witness[witness.size() - 2];
  return signature_gas + words(control.size()) * hash_gas +
         words(tapscript.size()) * signed_word_gas + script_cost(tapscript);
}

std::optional<Bytes> last_push(ByteView script) {
  bitcoin::ScriptReader reader(script);
  bitcoin::Instruction instruction;
  std::optional<Bytes> last;
  while (reader.next(instruction)) last = bitcoin::to_bytes(instruction.data);
  return last;
}

class Script final : public contract::CodeEngine {
 public:
  using CodeEngine::CodeEngine;
  std::string_view name() const override { return "script"; }

 protected:
  std::string check(const ContractCode& code) override {
    if (code.bytes.size() > bitcoin::max_script_size) return "a script of more than 10,000 bytes";
    if (!bitcoin::has_valid_ops(code.bytes)) return "not a script";
    if (bitcoin::is_unspendable(code.bytes)) return "a script that nothing unlocks";
    return {};
  }

  void run(Frame& frame, const ContractCode& code) override {
    if (frame.creating()) {
      if (!frame.input().empty()) return frame.refuse("a script takes no arguments");
      if (store(frame, 0)) frame.finish({});
      return;
    }
    if (frame.input().empty()) return frame.finish({});  // a deposit
    if (!frame.message().value.is_zero()) return frame.refuse("a spend brings no value");
    if (frame.input().size() > max_input_size) return frame.refuse("an input beyond 100,000 bytes");
    if (!frame.charge_bytes(frame.input().size(), contract::price::copy_word)) return;
    const auto spend = read_spend(frame.input());
    if (!spend) return frame.refuse("not a spend");
    if (!frame.charge(cost(*spend, code.bytes))) return;
    std::optional<Bytes> item;
    if (!frame.load(as_bytes(coin_item), item)) return;
    const Coin coin = decode_coin(item);
    if (const auto error = unlock(frame, code.bytes, *spend, coin);
        error != bitcoin::ScriptError::ok) {
      return frame.refuse(bitcoin::script_error_name(error));
    }
    // The coin is spent before anybody is paid: a payee that calls back finds the next one.
    if (!store(frame, coin.index + 1)) return;
    Frame::Answer paid;
    if (!frame.call(spend->to, spend->amount, {}, frame.gas(), paid)) return;
    if (!paid.success) return frame.refuse("the payment failed");
    frame.finish({});
  }

 private:
  static bool store(Frame& frame, std::uint64_t index) {
    const ContractContext& block = frame.context();
    return frame.store(as_bytes(coin_item),
                       encode_coin({index, block.block_number, block.timestamp}));
  }

  static bitcoin::ScriptError unlock(const Frame& frame, ByteView code, const Spend& spend,
                                     const Coin& coin) {
    const ContractContext& block = frame.context();
    const bitcoin::Transaction tx =
        spending_transaction(block.chain_id, frame.message().recipient, coin.index, spend);
    const bitcoin::TransactionHashes hashes(tx, {spent_output(code)});
    return bitcoin::verify_script(spend.script_sig, code, spend.witness, flags,
                                  Checker(tx, hashes, block, coin));
  }
};

}  // namespace

Bytes encode_spend(const Spend& spend) {
  Bytes out(spend.to.data.begin(), spend.to.data.end());
  const Hash256 amount = to_big_endian(spend.amount);
  bitcoin::put_bytes(out, amount.view());
  bitcoin::put_var_bytes(out, spend.script_sig);
  bitcoin::write_witness(out, spend.witness);
  return out;
}

std::optional<Spend> read_spend(ByteView input) {
  bitcoin::Reader in(input);
  Spend out;
  const ByteView to = in.take(out.to.data.size());
  const ByteView amount = in.take(32);
  if (!in.ok()) return std::nullopt;
  std::copy(to.begin(), to.end(), out.to.data.begin());
  out.amount = *u256_from_big_endian(amount);
  out.script_sig = in.var_bytes();
  if (!in.ok()) return std::nullopt;
  out.witness = bitcoin::read_witness(in);
  if (!in.done()) return std::nullopt;
  return out;
}

bitcoin::Transaction spending_transaction(const U256& chain_id, const Address& contract,
                                          std::uint64_t index, const Spend& spend) {
  Bytes name;
  bitcoin::put_bytes(name, to_big_endian(chain_id).view());
  bitcoin::put_bytes(name, contract.view());
  bitcoin::put_u64(name, index);
  bitcoin::Transaction tx;
  tx.inputs.push_back({{tagged_hash("ledgerlab/script/coin", name), 0}, {}, 0, {}});
  bitcoin::TxOut& output = tx.outputs.emplace_back();
  bitcoin::put_bytes(output.script_pubkey, spend.to.view());
  bitcoin::put_bytes(output.script_pubkey, to_big_endian(spend.amount).view());
  return tx;
}

bitcoin::TxOut spent_output(ByteView locking_script) {
  return {0, bitcoin::to_bytes(locking_script)};
}

std::int64_t cost(const Spend& spend, ByteView locking_script) {
  std::int64_t sum = script_cost(spend.script_sig) + script_cost(locking_script);
  auto program = bitcoin::witness_program(locking_script);
  Bytes redeem;
  if (bitcoin::is_p2sh(locking_script)) {
    redeem = last_push(spend.script_sig).value_or(Bytes());
    sum += script_cost(redeem);
    program = bitcoin::witness_program(redeem);
  }
  if (program) sum += witness_cost(*program, spend.witness);
  return sum;
}

std::unique_ptr<contract::CodeEngine> make_script(contract::Limits limits) {
  return std::make_unique<Script>(limits);
}

}  // namespace ledgerlab::script
