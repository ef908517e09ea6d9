#include "models/parts/ethereum/authority.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab::ethereum {
namespace {

constexpr std::size_t vanity_size = 32;
constexpr std::size_t signature_size = 65;
constexpr Byte commit_code = 2;  // IBFT: what kind of message a committed seal signs
// EIP-650: what marks a header as Istanbul BFT's.
const Hash256 ibft_mix =
    *fixed_from_hex<32>("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");
constexpr Nonce64 add_nonce = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// r || s || recovery id.
std::optional<Address> recover(ByteView signature, const Hash256& digest) {
  if (signature.size() != signature_size) return std::nullopt;
  RecoverableSignature read;
  std::copy(signature.begin(), signature.end() - 1, read.signature.data.begin());
  read.recovery_id = signature.back();
  const auto key = secp256k1_recover(read, digest);
  if (!key) return std::nullopt;
  return address_of(*key);
}

std::optional<std::vector<Address>> read_addresses(ByteView bytes) {
  if (bytes.size() % Address::size() != 0) return std::nullopt;
  std::vector<Address> out(bytes.size() / Address::size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const ByteView one = bytes.subspan(i * Address::size(), Address::size());
    std::copy(one.begin(), one.end(), out[i].data.begin());
  }
  return out;
}

/// What Istanbul BFT keeps in the extra data behind the vanity.
struct IbftExtra {
  std::vector<Address> validators;
  ByteView proposer_seal;
  std::vector<ByteView> commit_seals;
};

std::optional<IbftExtra> read_ibft(const Header& header) {
  const ByteView extra(header.extra_data);
  if (extra.size() < vanity_size) return std::nullopt;
  auto fields = rlp::Cursor::list(extra.subspan(vanity_size));
  if (!fields) return std::nullopt;
  IbftExtra out;
  rlp::Cursor validators = fields->list();
  while (validators.ok() && !validators.at_end()) out.validators.push_back(validators.fixed<20>());
  out.proposer_seal = fields->bytes();
  rlp::Cursor seals = fields->list();
  while (seals.ok() && !seals.at_end()) out.commit_seals.push_back(seals.bytes());
  if (!validators.finished() || !seals.finished() || !fields->finished()) return std::nullopt;
  return out;
}

std::optional<std::vector<Address>> listed(Seal seal, const Header& header) {
  if (seal == Seal::ibft) {
    const auto extra = read_ibft(header);
    if (!extra) return std::nullopt;
    return extra->validators;
  }
  const ByteView extra(header.extra_data);
  if (extra.size() < vanity_size + signature_size) return std::nullopt;
  return read_addresses(extra.subspan(vanity_size, extra.size() - vanity_size - signature_size));
}

/// EIP-225: a vote counts if it would change something; a later one of the same signer about the
/// same candidate replaces the earlier. More than half of the signers decide.
void count_vote(const Header& header, const Address& by, Authorities& list) {
  const bool add = header.nonce == add_nonce;
  const Address& about = header.coinbase;
  std::erase_if(list.votes,
                [&](const Authorities::Vote& v) { return v.by == by && v.about == about; });
  if (list.has(about) == add) return;
  list.votes.push_back({by, about, add});
  const auto in_favour =
      std::count_if(list.votes.begin(), list.votes.end(),
                    [&](const Authorities::Vote& v) { return v.about == about && v.add == add; });
  if (2 * static_cast<std::size_t>(in_favour) <= list.signers.size()) return;
  if (add) {
    list.signers.insert(std::lower_bound(list.signers.begin(), list.signers.end(), about), about);
  } else {
    std::erase(list.signers, about);
    const std::uint64_t limit = list.signers.size() / 2 + 1;
    if (header.number >= limit) list.recents.erase(header.number - limit);
  }
  std::erase_if(list.votes, [&](const Authorities::Vote& v) {
    return v.about == about || (!add && v.by == about);
  });
}

BlockFault check_clique(const Rules& rules, const Header& h, const Authorities& before,
                        const Address& by, Authorities& after) {
  const bool checkpoint = h.number % rules.seal_epoch == 0;
  const auto list = listed(Seal::clique, h);
  const bool shape =
      list && (checkpoint ? *list == before.signers && h.coinbase.is_zero() && h.nonce.is_zero()
                          : list->empty());
  if (!shape || !h.mix_hash.is_zero()) return BlockFault::seal;
  const std::uint64_t limit = before.signers.size() / 2 + 1;
  for (const auto& [number, who] : before.recents) {
    // One block in any `limit` following ones.
    if (who == by && number + limit > h.number) return BlockFault::seal;
  }
  const auto index = static_cast<std::size_t>(
      std::lower_bound(before.signers.begin(), before.signers.end(), by) - before.signers.begin());
  const bool in_turn = h.number % before.signers.size() == index;
  if (h.difficulty != U256(in_turn ? 2 : 1)) return BlockFault::difficulty;
  after.recents[h.number] = by;
  if (h.number >= limit) after.recents.erase(h.number - limit);
  return BlockFault::none;
}

BlockFault check_ibft(const Header& h, const Authorities& before) {
  const auto list = listed(Seal::ibft, h);
  const auto committed = committers(h);
  if (!list || *list != before.signers || !committed || h.mix_hash != ibft_mix) {
    return BlockFault::seal;
  }
  if (h.difficulty != U256(1)) return BlockFault::difficulty;
  std::vector<Address> distinct = *committed;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const bool known = std::all_of(distinct.begin(), distinct.end(),
                                 [&](const Address& a) { return before.has(a); });
  // More than two thirds: n - f with f = floor((n - 1) / 3).
  const std::size_t quorum = before.signers.size() - (before.signers.size() - 1) / 3;
  return known && distinct.size() == committed->size() && distinct.size() >= quorum
             ? BlockFault::none
             : BlockFault::seal;
}

}  // namespace

bool Authorities::has(const Address& address) const {
  return std::binary_search(signers.begin(), signers.end(), address);
}

std::optional<Authorities> genesis_authorities(Seal seal, const Header& genesis) {
  auto list = listed(seal, genesis);
  if (!list || list->empty()) return std::nullopt;
  Authorities out;
  out.signers = std::move(*list);
  std::sort(out.signers.begin(), out.signers.end());
  return out;
}

std::optional<Address> sealer(Seal seal, const Header& header) {
  const ByteView extra(header.extra_data);
  if (seal == Seal::clique) {
    if (extra.size() < vanity_size + signature_size) return std::nullopt;
    return recover(extra.last(signature_size), hash(header, SealPart::without_signature));
  }
  const auto ibft = read_ibft(header);
  if (!ibft) return std::nullopt;
  return recover(ibft->proposer_seal, keccak256(hash(header, SealPart::without_ibft_seals).view()));
}

std::optional<std::vector<Address>> committers(const Header& header) {
  const auto extra = read_ibft(header);
  if (!extra) return std::nullopt;
  Bytes message;
  const Hash256 name = hash(header, SealPart::without_commit_seals);
  message.insert(message.end(), name.data.begin(), name.data.end());
  message.push_back(commit_code);
  const Hash256 digest = keccak256(message);
  std::vector<Address> out;
  for (const ByteView seal : extra->commit_seals) {
    const auto who = recover(seal, digest);
    if (!who) return std::nullopt;
    out.push_back(*who);
  }
  return out;
}

BlockFault check_authority(const Rules& rules, const Header& header, const Header& parent,
                           const Authorities& before, Authorities& after) {
  after = before;
  if (header.ommers_hash != empty_ommers_hash()) return BlockFault::ommers;
  if (header.timestamp - parent.timestamp < rules.seal_period) return BlockFault::timestamp;
  if (!header.nonce.is_zero() && header.nonce != add_nonce) return BlockFault::seal;
  const auto by = sealer(rules.seal, header);
  if (!by || !before.has(*by)) return BlockFault::seal;
  if (header.number % rules.seal_epoch == 0) after.votes.clear();
  const BlockFault fault = rules.seal == Seal::clique
                               ? check_clique(rules, header, before, *by, after)
                               : check_ibft(header, before);
  if (fault != BlockFault::none) return fault;
  // A checkpoint carries no vote; a candidate of zero under IBFT is none.
  const bool votes = header.number % rules.seal_epoch != 0 && !header.coinbase.is_zero();
  if (votes) count_vote(header, *by, after);
  return BlockFault::none;
}

}  // namespace ledgerlab::ethereum
