// Targets: Bitcoin's transactions, blocks, coins, Script, PSBT, addresses, filters.
#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/base58.hpp"
#include "models/parts/bitcoin/coins.hpp"
#include "models/parts/bitcoin/filter.hpp"
#include "models/parts/bitcoin/psbt.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {

using namespace bitcoin;

namespace {

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

PrivateKey seed_key() {
  PrivateKey key;
  key.secret.data.fill(7);
  return key;
}
Bytes seed_public_key() { return *public_key_of(seed_key()); }

// ---- transactions

void run_transaction(ByteView input) {
  for (const auto form : {WitnessForm::allow, WitnessForm::forbid}) {
    const auto tx = decode_transaction(input, form);
    if (!tx) continue;
    require(equal(encode_transaction(*tx, form), input), "transactions have one form");
    require(serialized_size(*tx, form) == input.size(), "the size is that of the bytes");
    require(weight(*tx) <= witness_scale * serialized_size(*tx) && virtual_size(*tx) > 0,
            "weights are within four times the size");
    if (!tx->has_witness()) require(txid(*tx) == wtxid(*tx), "without witnesses one identity");
    check_transaction(*tx);
    is_final(*tx, 100, 1'600'000'000);
    for (std::size_t i = 0; i < std::min<std::size_t>(tx->inputs.size(), 4); ++i) {
      legacy_sighash(tx->inputs[i].script_sig, *tx, i, sighash_single);
    }
  }
}

Transaction seed_transaction(std::size_t inputs, bool witness) {
  Transaction tx;
  for (std::size_t i = 0; i < inputs; ++i) {
    TxIn in;
    in.prevout = {Hash256{{static_cast<Byte>(i + 1)}}, static_cast<std::uint32_t>(i)};
    in.script_sig = witness ? Bytes{} : Bytes(100, static_cast<Byte>(i));
    if (witness) in.witness = {Bytes(71, 0x30), seed_public_key()};
    tx.inputs.push_back(in);
  }
  tx.outputs = {{5'000, p2wpkh_script(hash160(seed_public_key()))},
                {coin, p2tr_script(Hash256{{9}})},
                {0, nulldata_script({Bytes(20, 'x')})}};
  return tx;
}

std::vector<Bytes> transaction_seeds() {
  return {encode_transaction(seed_transaction(1, true)),
          encode_transaction(seed_transaction(3, false)),
          encode_transaction(seed_transaction(2, true), WitnessForm::forbid),
          encode_transaction(seed_transaction(0, false))};
}

// ---- blocks: decoding, the rules, and connecting to a set of coins that they spend

const Bytes anyone = {op_1};

/// Coins that anybody may spend, long ago.
MemoryCoins seed_coins() {
  MemoryCoins coins;
  CoinChanges changes;
  for (Byte i = 1; i <= 4; ++i) {
    changes[{Hash256{{i}}, 0}] = Coin{{coin, anyone}, 1, false};
    changes[{Hash256{{i}}, 1}] = Coin{{coin, p2wsh_script(sha256(anyone))}, 200, i == 4};
  }
  coins.apply(changes);
  return coins;
}

constexpr std::uint32_t seed_height = 205;

Block seed_block(std::size_t spends) {
  Block block;
  block.header.time = 1'600'200'000;
  Transaction coinbase;
  coinbase.inputs.resize(1);
  push_number(coinbase.inputs[0].script_sig, seed_height);
  push_data(coinbase.inputs[0].script_sig, Bytes{1});
  coinbase.outputs = {{50 * coin, anyone}};
  block.transactions = {coinbase};
  for (std::size_t i = 0; i < spends; ++i) {
    Transaction tx;
    tx.inputs.resize(1);
    tx.inputs[0].prevout = {Hash256{{static_cast<Byte>(i + 1)}}, i % 2 == 0 ? 0u : 1u};
    if (i % 2 == 1) tx.inputs[0].witness = {anyone};
    tx.outputs = {{coin - 1'000, anyone}};
    block.transactions.push_back(tx);
  }
  commit(block, true);
  return block;
}

void run_block(ByteView input) {
  const auto block = decode_block(input);
  if (!block) return;
  require(equal(encode_block(*block), input), "blocks have one form");
  const bool sound = check_block(*block).empty();
  const MerkleRoot root = block_merkle_root(*block);
  if (sound) require(root.root == block->header.merkle_root && !root.duplicated, "Merkle root");
  check_proof_of_work(block->header, ~U256());

  static const MemoryCoins coins = seed_coins();
  const BlockPlace place = {
      seed_height, [](std::uint32_t height) { return 1'600'000'000 + std::int64_t{height} * 600; },
      true};
  CoinsOverlay overlay(coins);
  const ConnectResult result = connect_block(*block, ChainRules(), place, overlay);
  if (!result.ok()) return;
  require(sound, "a block that connects is sound");
  require(in_money_range(result.fees), "fees are money");
  const Bytes undo_bytes = encode_undo(result.undo);
  const auto undo = decode_undo(undo_bytes);
  require(undo == result.undo, "undo data survive their encoding");
  MemoryCoins after = coins;
  after.apply(overlay.changes());
  CoinsOverlay back(after);
  require(disconnect_block(*block, *undo, back), "what connects disconnects");
  after.apply(back.changes());
  require(after.all() == coins.all(), "disconnecting brings the same coins back");
}

std::vector<Bytes> block_seeds() {
  return {encode_block(seed_block(0)), encode_block(seed_block(3)), encode_block(seed_block(4))};
}

void run_coins(ByteView input) {
  if (const auto undo = decode_undo(input)) {
    require(equal(encode_undo(*undo), input), "undo data have one form");
  }
  Reader in(input);
  const Coin read = read_coin(in);
  if (!in.done()) return;
  Bytes again;
  write_coin(again, read);
  require(equal(again, input), "coins have one form");
}

std::vector<Bytes> coins_seeds() {
  const MemoryCoins coins = seed_coins();
  BlockUndo undo;
  undo.spent.resize(2);
  Bytes one;
  for (const auto& [point, held] : coins.all()) {
    undo.spent[point.index].push_back(held);
    one.clear();
    write_coin(one, held);
  }
  return {encode_undo(undo), one, encode_undo({})};
}

// ---- Script: flags, script_sig, script_pubkey, witness items; lengths in one byte (255: two more)

ByteView piece(Source& in) {
  std::size_t size = in.byte();
  if (size == 255) size = in.number(2);
  return in.take(size);
}
void put_piece(Bytes& out, ByteView bytes) {
  if (bytes.size() < 255) {
    out.push_back(static_cast<Byte>(bytes.size()));
  } else {
    out.push_back(255);
    out.push_back(static_cast<Byte>(bytes.size() >> 8));
    out.push_back(static_cast<Byte>(bytes.size()));
  }
  append(out, bytes);
}

/// Combinations that the interpreter defines: CLEANSTACK needs WITNESS, which needs P2SH.
std::uint32_t complete(std::uint32_t flags) {
  flags &= all_script_flags;
  if ((flags & verify_cleanstack) != 0) flags |= verify_witness;
  if ((flags & verify_witness) != 0) flags |= verify_p2sh;
  return flags;
}

void run_script(ByteView input) {
  Source in(input);
  const std::uint32_t flags = complete(static_cast<std::uint32_t>(in.number(3)));
  const std::uint32_t fewer = complete(flags & static_cast<std::uint32_t>(in.number(3)));
  const Bytes script_sig = to_bytes(piece(in));
  const Bytes script_pubkey = to_bytes(piece(in));
  std::vector<Bytes> witness;
  while (!in.rest().empty() && witness.size() < 50) witness.push_back(to_bytes(piece(in)));

  Transaction tx = seed_transaction(2, false);
  tx.inputs[0].script_sig = script_sig;
  tx.inputs[0].witness = witness;
  const TransactionHashes hashes(tx, {{5'000, script_pubkey}, {6'000, {op_1}}});
  const TransactionChecker checker(tx, 0, 5'000, hashes);
  const ScriptError error = verify_script(script_sig, script_pubkey, witness, flags, checker);
  require(verify_script(script_sig, script_pubkey, witness, flags, checker) == error,
          "a script has one verdict");
  // Flags only forbid (soft forks): what holds under many holds under some of them.
  if (error == ScriptError::ok && (fewer & ~flags) == 0) {
    require(verify_script(script_sig, script_pubkey, witness, fewer, checker) == ScriptError::ok,
            "fewer flags refuse no more");
  }
  for (const ByteView script : {ByteView(script_sig), ByteView(script_pubkey)}) {
    for (const auto version : {SigVersion::base, SigVersion::witness_v0, SigVersion::tapscript}) {
      Stack stack = witness;
      ExecutionData execution;
      execution.validation_weight_left = 200;
      if (eval_script(stack, script, flags, checker, version, execution) == ScriptError::ok) {
        require(stack.size() <= max_stack_size, "stacks are bounded");
      }
    }
    count_sigops(script, true);
    to_asm(script, AsmStyle::core);
    const auto plain = to_asm(script, AsmStyle::plain);
    if (plain) from_asm(*plain);
    classify(script);
    for (const char* name : {"main", "regtest"}) {
      describe_script(script, *find_network(name));
      const auto address = address_of_script(script, *find_network(name));
      if (!address) continue;
      const auto back = script_of_address(*address, *find_network(name));
      require(back && address_of_script(*back, *find_network(name)) == address,
              "a script's address leads back");
    }
  }
  count_p2sh_sigops(script_pubkey, script_sig);
  count_witness_sigops(script_pubkey, script_sig, witness);
}

Bytes script_input(std::uint32_t flags, ByteView script_sig, ByteView script_pubkey,
                   const std::vector<Bytes>& witness = {}) {
  Bytes out;
  for (const std::uint32_t word : {flags, 0x55aa55u}) {
    for (int shift = 16; shift >= 0; shift -= 8) out.push_back(static_cast<Byte>(word >> shift));
  }
  put_piece(out, script_sig);
  put_piece(out, script_pubkey);
  for (const Bytes& item : witness) put_piece(out, item);
  return out;
}

/// A P2WPKH spend and a taproot script path that hold, so that mutations start behind the checks.
Bytes signed_input() {
  const Bytes script = p2wpkh_script(hash160(seed_public_key()));
  Transaction tx = seed_transaction(2, false);
  tx.inputs[0].script_sig.clear();
  const TransactionHashes hashes(tx, {{5'000, script}, {6'000, {op_1}}});
  const Hash256 digest = witness_v0_sighash(p2pkh_script(hash160(seed_public_key())), tx, 0,
                                            sighash_all, 5'000, hashes);
  Psbt psbt = create_psbt(tx);
  Bytes utxo;
  write_output(utxo, {5'000, script});
  psbt.inputs[0][{psbt_in_witness_utxo}] = utxo;
  sign_psbt(psbt, seed_key(), sighash_all);
  Bytes name = {psbt_in_partial_sig};
  append(name, seed_public_key());
  const auto found = psbt.inputs[0].find(name);
  require(found != psbt.inputs[0].end() && !digest.is_zero(), "the seed is signed");
  return script_input(all_script_flags, {}, script, {found->second, seed_public_key()});
}

Bytes taproot_input() {
  const Bytes leaf = {op_1, op_verify, op_1};
  const XOnlyPublicKey internal = [] {
    XOnlyPublicKey key;
    const Bytes full = seed_public_key();
    std::copy(full.begin() + 1, full.end(), key.data.begin());
    return key;
  }();
  const auto tree = TapTree::from_depths({{1, {leaf}}, {1, {Bytes{op_return}}}});
  const auto output = taproot_output_key(internal, tree->root());
  Hash256 key;
  std::copy(output->key.data.begin(), output->key.data.end(), key.data.begin());
  return script_input(standard_script_flags, {}, p2tr_script(key),
                      {leaf, *tree->control_block(0, internal)});
}

std::vector<Bytes> script_seeds() {
  std::vector<Bytes> out;
  const auto add = [&](std::string_view sig, std::string_view key) {
    const auto a = script_from_notation(sig), b = script_from_notation(key);
    require(a && b, "the seed's notation reads");
    for (const std::uint32_t flags : {0u, std::uint32_t{consensus_script_flags}}) {
      out.push_back(script_input(flags, *a, *b));
    }
  };
  add("1 2", "ADD 3 EQUAL");
  add("0 1 2 3", "2DUP 3DUP ROT TUCK PICK ROLL DEPTH SIZE DROP 1");
  add("1", "IF 1 ELSE RETURN ENDIF NOTIF 0 ENDIF CODESEPARATOR 1");
  add("'abc'", "SHA256 RIPEMD160 HASH160 HASH256 SHA1 SIZE TOALTSTACK FROMALTSTACK 1");
  add("0 0 0", "0 CHECKMULTISIG NOT VERIFY 1 CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY");
  add("-1 0x02 0x0080", "WITHIN ABS NEGATE 1ADD 1SUB 0NOTEQUAL MIN MAX");
  const Bytes redeem = {op_1};
  Bytes push;
  push_data(push, redeem);
  out.push_back(script_input(all_script_flags, push, p2sh_script(hash160(redeem))));
  out.push_back(script_input(all_script_flags, {}, p2wsh_script(sha256(redeem)), {redeem}));
  out.push_back(signed_input());
  out.push_back(taproot_input());
  return out;
}

// ---- PSBT

void run_psbt(ByteView input) {
  const auto psbt = decode_psbt(input);
  if (!psbt) return;
  const Bytes bytes = encode_psbt(*psbt);
  const auto again = decode_psbt(bytes);
  require(again && encode_psbt(*again) == bytes, "a PSBT survives its encoding");
  require(psbt->inputs.size() == psbt->transaction.inputs.size(), "one map an input");
  const std::array two = {*psbt, *again};
  const auto both = combine_psbts(two);
  require(both && encode_psbt(*both) == bytes, "a PSBT with itself is itself");
  for (std::size_t i = 0; i < psbt->inputs.size(); ++i) psbt_spent_output(*psbt, i);
  Psbt work = *psbt;
  sign_psbt(work, seed_key(), sighash_all);
  require(decode_psbt(encode_psbt(work)).has_value(), "a signed PSBT reads");
  if (finalize_psbt(work)) require(extract_psbt(work).has_value(), "a final PSBT gives its own");
}

std::vector<Bytes> psbt_seeds() {
  Transaction tx = seed_transaction(2, false);
  for (TxIn& in : tx.inputs) in.script_sig.clear();
  const Psbt empty = create_psbt(tx);
  Psbt known = empty;
  for (PsbtMap& map : known.inputs) {
    Bytes utxo;
    write_output(utxo, {5'000, p2wpkh_script(hash160(seed_public_key()))});
    map[{psbt_in_witness_utxo}] = utxo;
  }
  Psbt signed_one = known;
  sign_psbt(signed_one, seed_key(), sighash_all);
  Psbt final_one = signed_one;
  finalize_psbt(final_one);
  return {encode_psbt(empty), encode_psbt(known), encode_psbt(signed_one), encode_psbt(final_one)};
}

// ---- text: addresses, keys, checksums, assembly, Base64

void run_text(ByteView input) {
  const std::string_view text = text_of(input);
  if (const auto bytes = base58_decode(text)) {
    require(base58_encode(*bytes) == text, "Base58 has one form");
  }
  if (const auto bytes = base58check_decode(text)) {
    require(base58check_encode(*bytes) == text, "Base58Check has one form");
  }
  if (const auto value = bech32_decode(text)) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    require(bech32_encode(*value) == lower, "Bech32 has one form");
    regroup_bits(value->data, 5, 8, false);
  }
  if (const auto bytes = base64_decode(text)) {
    require(base64_encode(*bytes) == text, "Base64 has one form");
  }
  for (const char* name : {"main", "test", "signet", "regtest"}) {
    const Network& network = *find_network(name);
    if (const auto script = script_of_address(text, network)) {
      require(address_of_script(*script, network).has_value(), "an address's script has one");
    }
    if (const auto key = decode_wif(text, network)) {
      require(encode_wif(*key, network) == text, "keys have one form");
      require(public_key_of(*key).has_value(), "a key that reads is one");
    }
  }
  descriptor_checksum(text);
  from_asm(text);
  script_from_notation(text);
  opcode_of(text);
  script_flags_from(text);
  hash_from_display(text);
}

std::vector<Bytes> text_seeds() {
  std::vector<Bytes> out;
  const Hash160 hash = hash160(seed_public_key());
  for (const char* name : {"main", "regtest"}) {
    const Network& network = *find_network(name);
    for (const Bytes& script : {p2pkh_script(hash), p2sh_script(hash), p2wpkh_script(hash),
                                p2wsh_script(Hash256{{3}}), p2tr_script(Hash256{{4}})}) {
      out.push_back(bytes_of(*address_of_script(script, network)));
    }
    out.push_back(bytes_of(encode_wif(seed_key(), network)));
  }
  out.push_back(bytes_of(base64_encode(Bytes(50, 0x5a))));
  out.push_back(
      bytes_of("wpkh(02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9)"));
  out.push_back(bytes_of("OP_DUP OP_HASH160 0011 OP_EQUALVERIFY OP_CHECKSIG"));
  out.push_back(bytes_of("1 0x02 0xffff 'text' CHECKMULTISIG -1000 NOP2"));
  out.push_back(bytes_of("P2SH,WITNESS,TAPROOT"));
  return out;
}

// ---- compact filters

void run_filter(ByteView input) {
  Source in(input);
  const Bytes query = to_bytes(in.take(4));
  const std::array queries = {query, Bytes{1, 2, 3}};
  filter_matches(Hash256{{1}}, in.rest(), queries);
  // A filter built of elements has each of them.
  std::vector<Bytes> elements;
  while (!in.rest().empty() && elements.size() < 100) {
    const ByteView element = in.take(1 + in.byte() % 40);
    if (!element.empty()) elements.push_back(to_bytes(element));
  }
  const Bytes filter = build_filter(Hash256{{1}}, elements);
  for (const Bytes& element : elements) {
    require(filter_matches(Hash256{{1}}, filter, std::array{element}) == true,
            "a filter has all its elements");
  }
}

std::vector<Bytes> filter_seeds() {
  std::vector<Bytes> elements;
  for (Byte i = 0; i < 30; ++i) elements.push_back(Bytes(20, i));
  Bytes input = {1, 2, 3, 4};
  append(input, build_filter(Hash256{{1}}, elements));
  return {input, Bytes{1, 2, 3, 4, 0}};
}

constexpr Target table[] = {
    {"btc_transaction", run_transaction, transaction_seeds, 200'000},
    {"btc_block", run_block, block_seeds, 100'000},
    {"btc_coins", run_coins, coins_seeds, 200'000},
    {"btc_script", run_script, script_seeds, 30'000},
    {"btc_psbt", run_psbt, psbt_seeds, 30'000},
    {"btc_text", run_text, text_seeds, 40'000},
    {"btc_filter", run_filter, filter_seeds, 60'000},
};

}  // namespace

std::span<const Target> bitcoin_targets() { return table; }

}  // namespace ledgerlab::fuzz
