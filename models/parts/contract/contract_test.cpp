// The ABI, the frame's read and write sets, the deployment container, and the life cycle of
// contracts around an engine of the test's own.
#include <gtest/gtest.h>

#include "models/parts/contract/abi.hpp"
#include "models/parts/contract/frame.hpp"
#include "models/parts/contract/lifecycle.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

using contract::abi;
using contract::abi_call;
using contract::LifecycleStatus;

Address account(Byte number) {
  Address out;
  out.data[19] = number;
  return out;
}

TEST(Abi, EncodesAsTheSpecificationShows) {
  // Contract ABI Specification 0.8, "Examples": baz(uint32,bool) with 69 and true; and, of
  // "Use of Dynamic Types", the tail of a byte string.
  EXPECT_EQ(to_hex(abi_call("baz(uint32,bool)", {abi(U256(69)), contract::abi_bool(true)})),
            "cdcd77c0" + std::string(62, '0') + "45" + std::string(63, '0') + "1");
  const auto dave = contract::abi_bytes({'d', 'a', 'v', 'e'});
  EXPECT_EQ(
      to_hex(contract::abi_encode({&dave, 1})),
      std::string(62, '0') + "20" + std::string(63, '0') + "4" + "64617665" + std::string(56, '0'));
  EXPECT_EQ(contract::abi_error_text(contract::abi_error("not so")), "not so");
  EXPECT_EQ(contract::abi_error_text(Bytes{1, 2}), "");
}

TEST(Abi, DecodesOnlyWhatFits) {
  const auto signature = contract::parse_signature("f(uint8,address,bool,bytes4,bytes)").value();
  const auto good =
      contract::abi_encode(std::vector{abi(U256(255)), abi(account(7)), contract::abi_bool(true),
                                       abi(U256(1) << 224), contract::abi_bytes({1, 2, 3})});
  const auto values = contract::abi_decode(signature.types, good);
  ASSERT_TRUE(values);
  EXPECT_EQ((*values)[1].address(), account(7));
  EXPECT_EQ((*values)[4].bytes, (Bytes{1, 2, 3}));
  for (const std::size_t at : {30u, 43u, 94u, 100u, 128u, 160u}) {  // one bit beyond each type
    Bytes bad = good;
    bad[at] |= 0x80;
    EXPECT_FALSE(contract::abi_decode(signature.types, bad)) << at;
  }
  EXPECT_FALSE(contract::abi_decode(signature.types, ByteView(good).first(good.size() - 32)));
  for (const char* wrong : {"f", "(uint8)", "f(uint)", "f(uint7)", "f(uint264)", "f(bytes33)",
                            "f(uint8,)", "f(int256)", "f(uint8[])", "f(uint8"}) {
    EXPECT_FALSE(contract::parse_signature(wrong)) << wrong;
  }
}

TEST(AccessSet, FoldsFramesToOneTransaction) {
  contract::AccessSet set;
  const ContractMessage message;
  const Bytes a{'a'}, b{'b'};
  set.begin(message);
  set.read(account(1), a, std::nullopt);
  set.write(account(1), a, b);
  set.read(account(1), a, b);  // its own write: not read from outside
  set.begin(message);
  set.read(account(2), b, a);
  set.write(account(2), b, b);
  set.write(account(1), a, a);
  set.end(false);
  set.end(true);
  EXPECT_EQ(set.reads().size(), 2u);
  EXPECT_EQ(set.reads().at({account(1), a}), std::nullopt);
  ASSERT_EQ(set.writes().size(), 1u);
  EXPECT_EQ(set.writes().at({account(1), a}), b);
}

TEST(Deployment, IsTakenApart) {
  const Bytes code{1, 2, 3}, arguments{4, 5};
  const Bytes whole = contract::deployment(code, arguments);
  const auto parts = contract::read_deployment(whole).value();
  EXPECT_TRUE(std::equal(parts.code.begin(), parts.code.end(), code.begin(), code.end()));
  EXPECT_EQ(parts.arguments.size(), 2u);
  EXPECT_FALSE(contract::read_deployment(ByteView(whole).first(10)));
  EXPECT_FALSE(contract::read_deployment(code));
}

/// Code is one byte; a call adds it to the item "n" and gives the sum.
class Counter final : public contract::CodeEngine {
 public:
  Counter() : CodeEngine({}) {}
  std::string_view name() const override { return "counter"; }

 protected:
  std::string check(const ContractCode& code) override {
    return code.bytes.size() == 1 ? "" : "not one byte";
  }
  void run(contract::Frame& frame, const ContractCode& code) override {
    if (frame.creating()) return frame.finish({});
    std::optional<Bytes> value;
    if (!frame.load(as_bytes("n"), value)) return;
    const Bytes sum(1, static_cast<Byte>((value ? value->front() : 0) + code.bytes[0]));
    if (frame.store(as_bytes("n"), sum)) frame.finish(sum);
  }
};

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() {
    const Bytes code = contract::lifecycle_code();
    host.state.accounts[contract::lifecycle_address()].code =
        std::make_shared<ContractCode>(ContractCode{code, keccak256(code), nullptr});
    name.data[0] = 'x';
  }
  ContractResult ask(Byte who, const Bytes& input) {
    return host.send(account(who), contract::lifecycle_address(), {}, input);
  }
  U256 field(const char* method) {
    return u256_from_big_endian(ask(9, abi_call(method, {abi(name)})).output).value();
  }
  ContractResult put(Byte who, const char* method, Byte step) {
    return ask(who, abi_call(method, {abi(name),
                                      contract::abi_bytes(contract::deployment(Bytes{step}, {}))}));
  }
  bool does(Byte who, const char* method) {
    return ask(who, abi_call(method, {abi(name)})).status == ContractStatus::success;
  }
  ContractResult count() {
    contract::AbiValue instance = abi(field("instanceOf(bytes32)"));
    return host.send(account(9), instance.address(), {}, Bytes{1});
  }

  std::unique_ptr<ContractEngine> engine = contract::make_lifecycle(std::make_unique<Counter>());
  MemoryHost host{*engine};
  Hash256 name;
};

TEST_F(LifecycleTest, FromRegistrationToRetirement) {
  EXPECT_EQ(put(1, "deploy(bytes32,bytes)", 2).status, ContractStatus::revert);  // nobody's name
  EXPECT_TRUE(does(1, "register(bytes32)"));
  EXPECT_FALSE(does(2, "register(bytes32)"));
  EXPECT_EQ(put(2, "deploy(bytes32,bytes)", 2).status, ContractStatus::revert);
  const auto authorise = [&](Byte who, bool allowed) {
    return ask(who, abi_call("authorise(bytes32,address,bool)",
                             {abi(name), abi(account(2)), contract::abi_bool(allowed)}))
        .status;
  };
  EXPECT_EQ(authorise(2, true), ContractStatus::revert);
  EXPECT_EQ(authorise(1, true), ContractStatus::success);
  EXPECT_EQ(put(2, "upgrade(bytes32,bytes)", 2).status, ContractStatus::revert);  // nothing there
  EXPECT_EQ(put(2, "deploy(bytes32,bytes)", 2).status, ContractStatus::success);
  EXPECT_EQ(put(2, "deploy(bytes32,bytes)", 2).status, ContractStatus::revert);
  EXPECT_EQ(count().output, Bytes{2});
  EXPECT_EQ(count().output, Bytes{4});

  // An upgrade changes the code and keeps the data, the address and the status.
  const U256 before = field("codeHashOf(bytes32)");
  EXPECT_EQ(put(2, "upgrade(bytes32,bytes)", 10).status, ContractStatus::success);
  EXPECT_EQ(count().output, Bytes{14});
  EXPECT_EQ(field("versionOf(bytes32)"), U256(2));
  EXPECT_NE(field("codeHashOf(bytes32)"), before);
  EXPECT_EQ(field("codeHashOf(bytes32)"), u256_from(keccak256(Bytes{10})));
  EXPECT_EQ(authorise(1, false), ContractStatus::success);
  EXPECT_EQ(put(2, "upgrade(bytes32,bytes)", 3).status, ContractStatus::revert);

  // Paused: every call is refused and nothing changes; resumed: it goes on.
  EXPECT_FALSE(does(2, "pause(bytes32)"));
  EXPECT_TRUE(does(1, "pause(bytes32)"));
  EXPECT_EQ(count().status, ContractStatus::revert);
  EXPECT_EQ(contract::abi_error_text(count().output), "life cycle: paused");
  EXPECT_TRUE(does(1, "resume(bytes32)"));
  EXPECT_EQ(count().output, Bytes{24});

  // Retired is for ever.
  EXPECT_TRUE(does(1, "retire(bytes32)"));
  EXPECT_EQ(contract::abi_error_text(count().output), "life cycle: retired");
  EXPECT_FALSE(does(1, "resume(bytes32)"));
  EXPECT_FALSE(does(1, "register(bytes32)"));
  EXPECT_EQ(put(1, "upgrade(bytes32,bytes)", 3).status, ContractStatus::revert);
  EXPECT_EQ(field("statusOf(bytes32)"), U256(static_cast<std::uint64_t>(LifecycleStatus::retired)));
}

TEST_F(LifecycleTest, RefusedCodeLeavesNothing) {
  EXPECT_TRUE(does(1, "register(bytes32)"));
  const auto bad =
      ask(1, abi_call("deploy(bytes32,bytes)",
                      {abi(name), contract::abi_bytes(contract::deployment(Bytes{1, 2}, {}))}));
  EXPECT_EQ(bad.status, ContractStatus::revert);
  EXPECT_EQ(field("statusOf(bytes32)"),
            U256(static_cast<std::uint64_t>(LifecycleStatus::registered)));
  EXPECT_TRUE(field("instanceOf(bytes32)").is_zero());
}

TEST_F(LifecycleTest, OtherContractsAreLeftAlone) {
  const auto made = host.deploy(account(3), contract::deployment(Bytes{5}, {}));
  ASSERT_EQ(made.status, ContractStatus::success);
  EXPECT_EQ(host.send(account(3), made.created, {}, Bytes{1}).output, Bytes{5});
}

}  // namespace
}  // namespace ledgerlab
