#include "models/parts/bitcoin/transaction.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"

namespace ledgerlab::bitcoin {
namespace {

std::vector<TxIn> read_inputs(Reader& in) {
  std::vector<TxIn> inputs;
  const std::uint64_t count = in.length();
  // An input takes 41 bytes at least, so a false count cannot ask for more room than was sent.
  inputs.reserve(std::min<std::uint64_t>(count, in.left() / 41));
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    TxIn input;
    input.prevout = read_outpoint(in);
    input.script_sig = in.var_bytes();
    input.sequence = in.u32();
    inputs.push_back(std::move(input));
  }
  return inputs;
}

std::vector<TxOut> read_outputs(Reader& in) {
  std::vector<TxOut> outputs;
  const std::uint64_t count = in.length();
  outputs.reserve(std::min<std::uint64_t>(count, in.left() / 9));
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) outputs.push_back(read_output(in));
  return outputs;
}

std::size_t var_size(std::size_t size) { return compact_size(size) + size; }

}  // namespace

bool Transaction::has_witness() const {
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const TxIn& input) { return !input.witness.empty(); });
}

OutPoint read_outpoint(Reader& in) {
  OutPoint point;
  point.txid = in.hash();
  point.index = in.u32();
  return point;
}

void write_outpoint(Bytes& out, const OutPoint& point) {
  put_bytes(out, point.txid.view());
  put_u32(out, point.index);
}

TxOut read_output(Reader& in) {
  TxOut output;
  output.value = static_cast<Satoshi>(in.u64());
  output.script_pubkey = in.var_bytes();
  return output;
}

void write_output(Bytes& out, const TxOut& output) {
  put_u64(out, static_cast<std::uint64_t>(output.value));
  put_var_bytes(out, output.script_pubkey);
}

Witness read_witness(Reader& in) {
  Witness witness;
  const std::uint64_t count = in.length();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) witness.push_back(in.var_bytes());
  return witness;
}

void write_witness(Bytes& out, const Witness& witness) {
  put_compact(out, witness.size());
  for (const Bytes& item : witness) put_var_bytes(out, item);
}

Transaction read_transaction(Reader& in, WitnessForm form) {
  Transaction tx;
  tx.version = in.u32();
  tx.inputs = read_inputs(in);
  std::uint8_t flags = 0;
  if (form == WitnessForm::allow && tx.inputs.empty()) {
    // BIP 144: no inputs is the marker, the flag follows. Flag zero leaves a transaction without
    // inputs and outputs, as the original form would have it.
    flags = in.u8();
    if (flags != 0) {
      tx.inputs = read_inputs(in);
      tx.outputs = read_outputs(in);
    }
  } else {
    tx.outputs = read_outputs(in);
  }
  if ((flags & 1) != 0) {
    for (TxIn& input : tx.inputs) input.witness = read_witness(in);
    if (!tx.has_witness()) in.fail();  // superfluous: the original form is the only one for it
  }
  if ((flags & ~1u) != 0) in.fail();  // unknown optional data
  tx.locktime = in.u32();
  return tx;
}

std::optional<Transaction> decode_transaction(ByteView bytes, WitnessForm form) {
  Reader in(bytes);
  Transaction tx = read_transaction(in, form);
  if (!in.done()) return std::nullopt;
  return tx;
}

void write_transaction(Bytes& out, const Transaction& tx, WitnessForm form) {
  const bool witness = form == WitnessForm::allow && tx.has_witness();
  put_u32(out, tx.version);
  if (witness) {
    put_u8(out, 0);
    put_u8(out, 1);
  }
  put_compact(out, tx.inputs.size());
  for (const TxIn& input : tx.inputs) {
    write_outpoint(out, input.prevout);
    put_var_bytes(out, input.script_sig);
    put_u32(out, input.sequence);
  }
  put_compact(out, tx.outputs.size());
  for (const TxOut& output : tx.outputs) write_output(out, output);
  if (witness) {
    for (const TxIn& input : tx.inputs) write_witness(out, input.witness);
  }
  put_u32(out, tx.locktime);
}

Bytes encode_transaction(const Transaction& tx, WitnessForm form) {
  Bytes out;
  out.reserve(serialized_size(tx, form));
  write_transaction(out, tx, form);
  return out;
}

Hash256 txid(const Transaction& tx) { return sha256d(encode_transaction(tx, WitnessForm::forbid)); }

Hash256 wtxid(const Transaction& tx) { return sha256d(encode_transaction(tx)); }

std::size_t serialized_size(const Transaction& tx, WitnessForm form) {
  std::size_t size = 8 + compact_size(tx.inputs.size()) + compact_size(tx.outputs.size());
  for (const TxIn& input : tx.inputs) size += 40 + var_size(input.script_sig.size());
  for (const TxOut& output : tx.outputs) size += 8 + var_size(output.script_pubkey.size());
  if (form == WitnessForm::forbid || !tx.has_witness()) return size;
  size += 2;
  for (const TxIn& input : tx.inputs) {
    size += compact_size(input.witness.size());
    for (const Bytes& item : input.witness) size += var_size(item.size());
  }
  return size;
}

std::size_t weight(const Transaction& tx) {
  return serialized_size(tx, WitnessForm::forbid) * (witness_scale - 1) + serialized_size(tx);
}

std::size_t virtual_size(const Transaction& tx) {
  return (weight(tx) + witness_scale - 1) / witness_scale;
}

std::string_view check_transaction(const Transaction& tx) {
  if (tx.inputs.empty()) return "bad-txns-vin-empty";
  if (tx.outputs.empty()) return "bad-txns-vout-empty";
  if (serialized_size(tx, WitnessForm::forbid) * witness_scale > max_block_weight) {
    return "bad-txns-oversize";
  }
  Satoshi total = 0;
  for (const TxOut& output : tx.outputs) {
    if (output.value < 0) return "bad-txns-vout-negative";
    if (output.value > max_money) return "bad-txns-vout-toolarge";
    total += output.value;
    if (!in_money_range(total)) return "bad-txns-txouttotal-toolarge";
  }
  // CVE-2018-17144: a coin spent twice by one transaction.
  std::vector<OutPoint> spent;
  spent.reserve(tx.inputs.size());
  for (const TxIn& input : tx.inputs) spent.push_back(input.prevout);
  std::sort(spent.begin(), spent.end());
  if (std::adjacent_find(spent.begin(), spent.end()) != spent.end()) {
    return "bad-txns-inputs-duplicate";
  }
  if (tx.is_coinbase()) {
    const std::size_t size = tx.inputs[0].script_sig.size();
    if (size < 2 || size > 100) return "bad-cb-length";
    return {};
  }
  for (const TxIn& input : tx.inputs) {
    if (input.prevout.is_null()) return "bad-txns-prevout-null";
  }
  return {};
}

bool is_final(const Transaction& tx, std::uint32_t height, std::int64_t time) {
  if (tx.locktime == 0) return true;
  const std::int64_t clock = tx.locktime < locktime_threshold ? std::int64_t{height} : time;
  if (tx.locktime < clock) return true;
  return std::all_of(tx.inputs.begin(), tx.inputs.end(),
                     [](const TxIn& input) { return input.sequence == sequence_final; });
}

}  // namespace ledgerlab::bitcoin
