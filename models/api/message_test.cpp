// Frames: canonical, safe against hostile nesting, identity without authenticators.
#include "models/api/message.hpp"

#include <gtest/gtest.h>

#include "models/api/block.hpp"
#include "models/api/client_messages.hpp"
#include "tests/support/bench_world.hpp"

namespace ledgerlab {
namespace {

struct Wrapper {
  static constexpr MessageInfo info{1, "Wrapper", Role::relay, Auth::none};
  MessageRef inner;
  template <class A>
  void fields(A& a) {
    a(inner);
  }
};
struct Leaf {
  static constexpr MessageInfo info{2, "Leaf", Role::relay, Auth::none};
  std::uint64_t value = 0;
  template <class A>
  void fields(A& a) {
    a(value);
  }
};

class Frames : public ::testing::Test {
 protected:
  testing::PlainSuite suite_;
  MessageCatalog catalog_;
  void SetUp() override {
    catalog_.slots[static_cast<std::size_t>(Slot::relay)] = message_list<Wrapper, Leaf>();
    catalog_.slots[static_cast<std::size_t>(Slot::mempool)] = message_list<Request>();
  }
  template <class T>
  MessageRef sealed(T body, Slot slot = Slot::relay) {
    auto* message = new MessageOf<T>(std::move(body));
    MessageAccess::seal(*message, slot, 1, suite_);
    return MessageRef(message);
  }
};

TEST_F(Frames, NestingHasAnEnd) {
  MessageRef message = sealed(Leaf{7});
  for (int depth = 1; depth <= 8; ++depth) {
    const bool decodes = static_cast<bool>(decode_frame(encode_frame(*message), catalog_));
    EXPECT_EQ(decodes, depth <= 5) << depth;
    message = sealed(Wrapper{message});
  }
}

TEST_F(Frames, AFrameThatProvesItselfHasNoAuthor) {
  Bytes frame = encode_frame(*sealed(Leaf{7}));
  ASSERT_TRUE(decode_frame(frame, catalog_));
  frame[4] ^= 1;
  EXPECT_FALSE(decode_frame(frame, catalog_));
}

TEST_F(Frames, UnknownKindsSlotsAndTrailingBytesAreRefused) {
  const Bytes good = encode_frame(*sealed(Leaf{7}));
  Bytes kind = good;
  kind[2] = 9;
  EXPECT_FALSE(decode_frame(kind, catalog_));
  Bytes slot = good;
  slot[0] = 200;
  EXPECT_FALSE(decode_frame(slot, catalog_));
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_frame(longer, catalog_));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(decode_frame(ByteView(good).first(cut), catalog_)) << cut;
  }
}

TEST_F(Frames, IdentityLeavesSignaturesOutAndCoverageDoesNot) {
  Bytes one(100, 1);
  Bytes two = one;
  two.back() ^= 1;  // the signature's last byte
  const MessageRef a = sealed(Request{make_transaction(one)}, Slot::mempool);
  const MessageRef b = sealed(Request{make_transaction(two)}, Slot::mempool);
  EXPECT_EQ(a->identity(), b->identity());
  EXPECT_NE(a->covered(), b->covered());
  EXPECT_EQ(a->wire_size(), encode_frame(*a).size());
  two[0] ^= 1;  // its body
  EXPECT_NE(a->identity(), sealed(Request{make_transaction(two)}, Slot::mempool)->identity());
}

}  // namespace
}  // namespace ledgerlab
