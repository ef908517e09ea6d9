// Targets: RLP, Ethereum's transactions, headers, blocks, trie proofs, the contract ABI, key files.
#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/keystore.hpp"
#include "models/crypto/mpt.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/contract/abi.hpp"
#include "models/parts/ethereum/block.hpp"
#include "tests/fuzz/ethereum_seeds.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {
namespace {

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

// ---- RLP

void run_rlp(ByteView input) {
  const std::optional<rlp::Item> item = rlp::decode(input);
  if (item) require(equal(rlp::encode(*item), input), "what RLP decodes encodes to the same bytes");
  // The cursor reads the same language, item by item.
  rlp::Cursor all(input);
  std::size_t steps = 0;
  while (!all.at_end() && all.ok()) {
    if (all.next_is_list()) {
      rlp::Cursor inner = all.list();
      if (inner.next_is_list())
        inner.list();
      else
        inner.number256();
    } else {
      all.bytes();
    }
    require(++steps <= input.size(), "every step of a cursor takes a byte");
  }
  if (item) require(all.finished(), "the cursor reads what the tree was made from");
}

std::vector<Bytes> rlp_seeds() {
  rlp::Item inner{.is_list = true};
  inner.items = {{.bytes = bytes_of("cat")}, {.bytes = Bytes(60, 7)}, {.is_list = true}};
  rlp::Item list{.is_list = true};
  list.items = {inner, {.bytes = {}}, {.bytes = {0x7f}}, {.bytes = Bytes(300, 0x80)}, inner};
  rlp::Item deep{.is_list = true};
  for (int i = 0; i < 40; ++i) {
    rlp::Item above{.is_list = true};
    above.items.push_back(deep);
    deep = above;
  }
  Bytes too_deep;  // heads of lists, each as long as what follows
  for (std::size_t size = 0; size < 3'000;) {
    Bytes head;
    rlp::append_list_head(head, size);
    too_deep.insert(too_deep.begin(), head.begin(), head.end());
    size = too_deep.size();
  }
  return {rlp::encode(list), rlp::encode(inner), rlp::encode(deep), too_deep, Bytes{0x80}};
}

// ---- Ethereum

void run_transaction(ByteView input) {
  ethereum::TransactionFault fault{};
  const auto transaction = ethereum::decode_transaction(input, &fault);
  if (!transaction) {
    require(fault != ethereum::TransactionFault::none, "a refused transaction has a fault");
    return;
  }
  require(equal(ethereum::encode(*transaction), input), "transactions have one form");
  require(ethereum::hash(*transaction) == keccak256(input), "the hash is that of the bytes");
  Bytes body;
  ethereum::append(body, *transaction);
  rlp::Cursor cursor(body);
  require(ethereum::next_transaction(cursor) == transaction && cursor.finished(),
          "a block's body gives the transaction back");
  ethereum::sender(*transaction);
  for (std::size_t r = 0; r < revision_count; ++r) {
    const auto revision = static_cast<Revision>(r);
    const std::uint64_t gas = ethereum::intrinsic_gas(*transaction, revision);
    if (ethereum::validate(*transaction, revision, 1) == ethereum::TransactionFault::none) {
      require(gas <= transaction->gas_limit, "a valid transaction pays its intrinsic gas");
    }
  }
}

std::vector<Bytes> transaction_seeds() {
  std::vector<Bytes> out;
  for (const auto& transaction : seed_transactions()) out.push_back(ethereum::encode(transaction));
  return out;
}

void run_block(ByteView input) {
  if (const auto header = ethereum::decode_header(input)) {
    require(equal(ethereum::encode(*header), input), "headers have one form");
    for (const auto part :
         {ethereum::SealPart::without_ethash, ethereum::SealPart::without_signature,
          ethereum::SealPart::without_commit_seals, ethereum::SealPart::without_ibft_seals}) {
      ethereum::hash(*header, part);
    }
  }
  ethereum::TransactionFault fault{};
  const auto block = ethereum::decode_block(input, &fault);
  if (!block) return;
  require(equal(ethereum::encode(*block), input), "blocks have one form");
  ethereum::transactions_root(block->transactions);
  ethereum::ommers_hash(block->ommers);
  if (block->withdrawals) ethereum::withdrawals_root(*block->withdrawals);
}

std::vector<Bytes> block_seeds() {
  std::vector<Bytes> out;
  for (const auto& block : seed_blocks()) {
    out.push_back(ethereum::encode(block));
    out.push_back(ethereum::encode(block.header));
  }
  return out;
}

// ---- trie proofs: root, key, then nodes with two bytes of length each

constexpr std::size_t proof_key = 4;

void run_proof(ByteView input) {
  Source in(input);
  const bool secure = (in.byte() & 1) != 0;
  Bytes key = bytes_of(text_of(in.take(proof_key)));
  std::vector<Bytes> proof;
  while (!in.rest().empty()) {
    const std::size_t size = in.number(2);
    const ByteView node = in.take(size);
    proof.emplace_back(node.begin(), node.end());
  }
  const Hash256 root = proof.empty() ? Trie::empty_root() : keccak256(proof[0]);
  const auto verify = [&] {
    return secure ? verify_secure_trie_proof(root, key, proof)
                  : verify_trie_proof(root, key, proof);
  };
  const TrieProofResult first = verify();
  require(verify().verdict == first.verdict, "a proof has one verdict");
  if (first.verdict == TrieVerdict::included) {
    require(!first.value.empty(), "what is included has a value");
    proof.emplace_back(Bytes{0x80});
    require(verify().verdict == TrieVerdict::invalid, "a proof with a node too many is invalid");
  }
}

std::vector<Bytes> proof_seeds() {
  Trie trie;
  SecureTrie secure;
  for (Byte i = 0; i < 40; ++i) {
    const Bytes key = {static_cast<Byte>(i * 7), static_cast<Byte>(i / 3), 1, i};
    trie.insert(key, Bytes(i % 5 == 0 ? 50 : 3, i + 1));
    secure.insert(key, Bytes(40, i + 1));
  }
  std::vector<Bytes> out;
  for (const Byte i : {0, 7, 11, 39, 60}) {
    const Bytes key = {static_cast<Byte>(i * 7), static_cast<Byte>(i / 3), 1, i};
    for (const bool hashed : {false, true}) {
      Bytes input = {Byte(hashed)};
      append(input, key);
      for (const Bytes& node : hashed ? secure.prove(key) : trie.prove(key)) {
        input.push_back(static_cast<Byte>(node.size() >> 8));
        input.push_back(static_cast<Byte>(node.size()));
        append(input, node);
      }
      out.push_back(input);
    }
  }
  return out;
}

// ---- ABI: a list of types up to a zero byte, then data

void run_abi(ByteView input) {
  const std::string_view text = text_of(input);
  const std::size_t end = std::min(text.find('\0'), text.size());
  const std::string_view list = text.substr(0, end);
  contract::parse_signature(list);
  const auto types = contract::parse_types(list);
  const ByteView data = input.subspan(std::min(end + 1, input.size()));
  contract::abi_error_text(data);
  if (!types) return;
  const auto values = contract::abi_decode(*types, data);
  if (!values) return;
  const Bytes again = contract::abi_encode(*values);
  const auto back = contract::abi_decode(*types, again);
  require(back.has_value(), "what the ABI encodes decodes");
  require(contract::abi_encode(*back) == again, "values survive the ABI");
}

Bytes abi_input(std::string_view types, ByteView data) {
  Bytes out = bytes_of(types);
  out.push_back(0);
  append(out, data);
  return out;
}

std::vector<Bytes> abi_seeds() {
  using namespace contract;
  const AbiValue number = abi(U256(1'000));
  AbiValue array;
  array.type = {AbiKind::array, 32, AbiKind::number, 0};
  for (std::uint64_t i = 0; i < 4; ++i) {
    array.items.push_back(abi(U256(i)));
    array.items.back().type.bits = 32;
  }
  const AbiValue text = abi_bytes(Bytes(70, 'x'));
  const std::array two = {abi(Address{{1, 2, 3}}), number};
  const std::array mixed = {number, text, abi_bool(true)};
  const std::array arrays = {array, number};
  return {abi_input("address,uint256", abi_encode(two)),
          abi_input("uint256,bytes,bool", abi_encode(mixed)),
          abi_input("uint32[],uint256", abi_encode(arrays)),
          abi_input("uint256[3],bytes10,string", Bytes(256, 0)),
          abi_input("transfer(address,uint256)", abi_error("no")),
          abi_input("string,bytes[],uint8[4]", Bytes(320, 0))};
}

// ---- key files

constexpr std::string_view password = "fuzz";

void run_keystore(ByteView input) {
  // n * r * p and iterations up to this: a few milliseconds.
  const KeystoreOpened opened = keystore_decrypt(text_of(input), password, 1 << 10);
  require((opened.verdict == KeystoreVerdict::ok) == opened.what.empty(), "a refusal says why");
  require(opened.verdict == KeystoreVerdict::ok || opened.secret.empty(),
          "a file that is refused gives no secret");
}

std::vector<Bytes> keystore_seeds() {
  std::vector<Bytes> out;
  for (const auto kdf : {KeystoreMaking::Kdf::scrypt, KeystoreMaking::Kdf::pbkdf2}) {
    KeystoreMaking making;
    making.kdf = kdf;
    making.scrypt = {16, 1, 1};
    making.iterations = 2;
    making.salt = FixedBytes<32>{{1, 2, 3}};
    out.push_back(bytes_of(keystore_encrypt(Bytes(32, 5), password, making)));
  }
  return out;
}

constexpr Target table[] = {
    {"rlp", run_rlp, rlp_seeds, 200'000},
    {"eth_transaction", run_transaction, transaction_seeds, 20'000},
    {"eth_block", run_block, block_seeds, 60'000},
    {"trie_proof", run_proof, proof_seeds, 100'000},
    {"abi", run_abi, abi_seeds, 200'000},
    {"keystore", run_keystore, keystore_seeds, 40'000},
};

}  // namespace

std::span<const Target> codec_targets() { return table; }

}  // namespace ledgerlab::fuzz
