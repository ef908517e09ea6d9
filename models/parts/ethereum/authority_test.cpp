// Clique (EIP-225): turns, recent signers and votes; Istanbul BFT: proposer and quorum.
#include "models/parts/ethereum/authority.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab::ethereum {
namespace {

struct Signer {
  FixedBytes<32> secret;
  Address address;
};

/// By address, as the lists are.
std::vector<Signer> signers(std::size_t count) {
  std::vector<Signer> out;
  for (std::size_t i = 0; i < count; ++i) {
    Signer signer;
    signer.secret.data[31] = static_cast<Byte>(i + 1);
    signer.address = address_of(*secp256k1_public_key(signer.secret));
    out.push_back(signer);
  }
  std::sort(out.begin(), out.end(),
            [](const Signer& a, const Signer& b) { return a.address < b.address; });
  return out;
}

Bytes seal_of(const Signer& signer, const Hash256& digest) {
  const auto made = secp256k1_sign_recoverable(signer.secret, digest);
  Bytes out(made->signature.data.begin(), made->signature.data.end());
  out.push_back(made->recovery_id);
  return out;
}

class CliqueTest : public testing::Test {
 protected:
  void start(std::size_t count) {
    all = signers(4);
    rules.seal = Seal::clique;
    rules.seal_period = 10;
    rules.seal_epoch = 100;
    Header genesis;
    genesis.extra_data.assign(32, 0);
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView view = all[i].address.view();
      genesis.extra_data.insert(genesis.extra_data.end(), view.begin(), view.end());
    }
    genesis.extra_data.resize(genesis.extra_data.size() + 65);
    list = *genesis_authorities(Seal::clique, genesis);
    parent = genesis;
  }
  Header next(std::size_t by, std::optional<std::size_t> about = {}, bool add = true) const {
    Header h;
    h.ommers_hash = empty_ommers_hash();
    h.number = parent.number + 1;
    h.timestamp = parent.timestamp + 10;
    const auto at = std::find(list.signers.begin(), list.signers.end(), all[by].address);
    const auto index = static_cast<std::uint64_t>(at - list.signers.begin());
    h.difficulty = U256(h.number % list.signers.size() == index ? 2 : 1);
    if (about) {
      h.coinbase = all[*about].address;
      if (add) h.nonce = Nonce64{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    }
    h.extra_data.assign(32, 0);
    return h;
  }
  void seal(Header& h, std::size_t by) const {
    h.extra_data.resize(h.extra_data.size() + 65);
    const Bytes made = seal_of(all[by], hash(h, SealPart::without_signature));
    std::copy(made.begin(), made.end(), h.extra_data.end() - 65);
  }
  BlockFault check(Header h, std::size_t by) {
    seal(h, by);
    Authorities after;
    const BlockFault fault = check_authority(rules, h, parent, list, after);
    if (fault != BlockFault::none) return fault;
    parent = h;
    list = after;
    return fault;
  }
  BlockFault append(std::size_t by, std::optional<std::size_t> about = {}, bool add = true) {
    return check(next(by, about, add), by);
  }

  Rules rules;
  std::vector<Signer> all;
  Authorities list;
  Header parent;
};

TEST_F(CliqueTest, OnlySignersInOrderAndNotTooOften) {
  start(3);
  EXPECT_EQ(append(3), BlockFault::seal);  // not in the list
  Header wrong = next(1);
  wrong.difficulty = wrong.difficulty == U256(1) ? U256(2) : U256(1);
  EXPECT_EQ(check(wrong, 1), BlockFault::difficulty);
  Header soon = next(1);
  soon.timestamp -= 1;
  EXPECT_EQ(check(soon, 1), BlockFault::timestamp);
  EXPECT_EQ(append(1), BlockFault::none);
  EXPECT_EQ(append(1), BlockFault::seal);  // one in any two blocks
  EXPECT_EQ(append(2), BlockFault::none);
  EXPECT_EQ(append(1), BlockFault::none);
}

TEST_F(CliqueTest, ASingleSignerSealsAlone) {
  start(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(append(0), BlockFault::none);
}

TEST_F(CliqueTest, MoreThanHalfAdmit) {
  start(2);
  EXPECT_EQ(append(1, 3), BlockFault::none);
  EXPECT_EQ(list.signers.size(), 2u);  // one of two is not more than half
  EXPECT_EQ(append(0, 3), BlockFault::none);
  ASSERT_EQ(list.signers.size(), 3u);
  EXPECT_TRUE(list.has(all[3].address));
  EXPECT_TRUE(list.votes.empty());
  EXPECT_EQ(append(3), BlockFault::none);
}

TEST_F(CliqueTest, MoreThanHalfDismissAndTheirVotesGo) {
  start(3);
  EXPECT_EQ(append(2, 3), BlockFault::none);  // 2 asks for 3
  EXPECT_EQ(append(0, 2, false), BlockFault::none);
  EXPECT_EQ(append(1, 2, false), BlockFault::none);
  EXPECT_FALSE(list.has(all[2].address));
  EXPECT_TRUE(list.votes.empty());
}

TEST_F(CliqueTest, ALaterVoteReplacesTheEarlier) {
  start(3);
  EXPECT_EQ(append(0, 3), BlockFault::none);
  EXPECT_EQ(append(1, 3, false), BlockFault::none);  // would change nothing
  EXPECT_EQ(append(0, 3, false), BlockFault::none);  // takes it back
  EXPECT_EQ(append(1, 3), BlockFault::none);
  EXPECT_EQ(list.signers.size(), 3u);
}

TEST_F(CliqueTest, CheckpointListsTheSignersAndForgetsVotes) {
  start(3);
  rules.seal_epoch = 2;
  EXPECT_EQ(append(0, 3), BlockFault::none);
  EXPECT_EQ(append(1), BlockFault::seal);  // without the list
  Header listed = next(1);
  for (const Address& signer : list.signers) {
    listed.extra_data.insert(listed.extra_data.end(), signer.data.begin(), signer.data.end());
  }
  EXPECT_EQ(check(listed, 1), BlockFault::none);
  EXPECT_TRUE(list.votes.empty());
}

Bytes ibft_extra(const std::vector<Signer>& validators, const Bytes& proposer,
                 const std::vector<Bytes>& committed) {
  Bytes list, seals, fields;
  for (const Signer& v : validators) rlp::append(list, v.address.view());
  for (const Bytes& seal : committed) rlp::append(seals, ByteView(seal));
  rlp::append_list(fields, list);
  rlp::append(fields, ByteView(proposer));
  rlp::append_list(fields, seals);
  Bytes out(32, 0);
  rlp::append_list(out, fields);
  return out;
}

TEST(Ibft, ProposerAndQuorum) {
  const std::vector<Signer> all = signers(5);
  const std::vector<Signer> validators(all.begin(), all.begin() + 4);
  Rules rules;
  rules.seal = Seal::ibft;
  Header parent;
  parent.extra_data = ibft_extra(validators, {}, {});
  const Authorities list = *genesis_authorities(Seal::ibft, parent);
  std::string mix = "63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";

  const auto check = [&](const Signer& proposer, const std::vector<Signer>& committed) {
    Header h;
    h.number = 1;
    h.ommers_hash = empty_ommers_hash();
    h.difficulty = U256(1);
    h.timestamp = 15;
    h.mix_hash = *fixed_from_hex<32>(mix);
    h.extra_data = ibft_extra(validators, {}, {});
    const Hash256 proposal = keccak256(hash(h, SealPart::without_ibft_seals).view());
    const Bytes seal = seal_of(proposer, proposal);
    h.extra_data = ibft_extra(validators, seal, {});
    const Hash256 name = hash(h);
    Bytes message(name.data.begin(), name.data.end());
    message.push_back(2);
    std::vector<Bytes> seals;
    for (const Signer& who : committed) seals.push_back(seal_of(who, keccak256(message)));
    h.extra_data = ibft_extra(validators, seal, seals);
    // The block's name leaves the committed seals out.
    EXPECT_EQ(hash(h, SealPart::without_commit_seals), name);
    Authorities after;
    return check_authority(rules, h, parent, list, after);
  };
  EXPECT_EQ(check(all[0], {all[0], all[1], all[2]}), BlockFault::none);
  EXPECT_EQ(check(all[0], {all[0], all[1]}), BlockFault::seal);          // 2 of 4
  EXPECT_EQ(check(all[0], {all[0], all[1], all[1]}), BlockFault::seal);  // one of them twice
  EXPECT_EQ(check(all[0], {all[0], all[1], all[4]}), BlockFault::seal);  // a stranger
  EXPECT_EQ(check(all[4], {all[0], all[1], all[2]}), BlockFault::seal);  // a strange proposer
  mix[0] = '7';
  EXPECT_EQ(check(all[0], {all[0], all[1], all[2]}), BlockFault::seal);
}

}  // namespace
}  // namespace ledgerlab::ethereum
