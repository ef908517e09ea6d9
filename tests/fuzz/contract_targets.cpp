// Targets: contract code of every engine on a host in memory, whole transactions on Ethereum's
// world state, and the precompiled contracts.
#include <array>

#include "models/contract/evm/evm.hpp"
#include "models/contract/js/js.hpp"
#include "models/contract/lua/lua.hpp"
#include "models/contract/wasm/wasm.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/contract/abi.hpp"
#include "models/parts/ethereum/execute.hpp"
#include "models/parts/ethereum/transaction.hpp"
#include "models/parts/precompile/precompile.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/contract_host.hpp"
#include "tests/support/evm_assembler.hpp"

namespace ledgerlab::fuzz {
namespace {

const Address self{{0xcc, 1}};
const Address other{{0xcc, 2}};
const Address caller{{0xaa}};
const Secp256k1SecretKey secret{{7}};

Revision revision_of(Byte byte) { return static_cast<Revision>(byte % revision_count); }

/// What a frame did, for a comparison of two runs.
struct Trace {
  ContractStatus status{};
  std::int64_t gas_left = 0;
  std::int64_t refund = 0;
  Bytes output;
  std::vector<Bytes> logs;
  U256 slot;
  U256 balance;
  friend bool operator==(const Trace&, const Trace&) = default;
};

Trace trace_of(const ContractResult& result, testing::MemoryHost& host) {
  Trace out{
      result.status,           result.gas_left,           result.gas_refund, result.output, {},
      host.slot(self, U256()), host.account(self).balance};
  for (const auto& log : host.logs) out.logs.push_back(log.data);
  return out;
}

void check_gas(const ContractResult& result, std::int64_t gas) {
  require(result.gas_left >= 0 && result.gas_left <= gas, "gas never grows");
  const bool kept =
      result.status == ContractStatus::success || result.status == ContractStatus::revert;
  require(kept || result.gas_left == 0, "a frame that fails takes all its gas");
}

// ---- EVM: revision, static or not, length of the input, the input, code

constexpr std::int64_t evm_gas = 60'000;

Trace run_code(ByteView input) {
  Source in(input);
  const Revision revision = revision_of(in.byte());
  const Byte shape = in.byte();
  const ByteView data = in.take(in.byte());
  const auto engine = evm::make_evm();
  testing::MemoryHost host(*engine, revision);
  host.block.block_number = 1'000;
  host.block.timestamp = 1'700'000'000;
  host.block.gas_limit = 30'000'000;
  host.account(caller).balance = U256(1'000'000);
  host.account(self).balance = U256(1'000);
  host.account(self).code = testing::make_code(Bytes(in.rest().begin(), in.rest().end()));
  // Its own code once more elsewhere: calls among contracts, delegate calls, reentrance.
  host.account(other).code = host.account(self).code;
  host.account(self).there = host.account(other).there = host.account(caller).there = true;
  ContractMessage message;
  message.gas = evm_gas;
  message.sender = caller;
  message.recipient = message.code_address = self;
  message.is_static = (shape & 1) != 0 && revision >= Revision::byzantium;
  message.input = data;
  const ContractResult result = engine->execute(host, revision, message, *host.account(self).code);
  check_gas(result, evm_gas);
  if (message.is_static) require(host.logs.empty(), "a static call logs nothing");
  return trace_of(result, host);
}

void run_evm(ByteView input) {
  require(run_code(input) == run_code(input), "two runs of one frame agree");
}

Bytes evm_input(Revision revision, ByteView data, ByteView code) {
  Bytes out = {static_cast<Byte>(revision), 0, static_cast<Byte>(data.size())};
  append(out, data);
  append(out, code);
  return out;
}

std::vector<Bytes> evm_seeds() {
  constexpr std::string_view programs[] = {
      "loop: PUSH 1 PUSH 0 SLOAD ADD DUP1 PUSH 0 SSTORE PUSH 3 GT PUSH @loop JUMPI STOP",
      "CALLDATASIZE PUSH 0 PUSH 0 CALLDATACOPY CALLDATASIZE PUSH 0 KECCAK256 PUSH 0 MSTORE "
      "PUSH 32 PUSH 0 RETURN",
      "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 1 PUSH 0xcc02000000000000000000000000000000000000 GAS CALL "
      "RETURNDATASIZE PUSH 0 PUSH 0 RETURNDATACOPY STOP",
      "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0xcc02000000000000000000000000000000000000 GAS "
      "DELEGATECALL POP PUSH 0 PUSH 0 PUSH 0 PUSH 0 "
      "PUSH 0xcc02000000000000000000000000000000000000 GAS STATICCALL STOP",
      "PUSH 0x600160005500 PUSH 0 MSTORE PUSH 6 PUSH 26 PUSH 0 CREATE PUSH 7 PUSH 6 PUSH 26 PUSH 0 "
      "CREATE2 SELFDESTRUCT",
      "PUSH 3 PUSH 2 PUSH 0 NOT MULMOD PUSH 5 EXP PUSH 0 NOT SDIV PUSH 255 SAR BYTE SIGNEXTEND "
      "ADDMOD PUSH 1 TSTORE PUSH 1 TLOAD PUSH 32 PUSH 0 PUSH 64 MCOPY BLOBHASH BLOBBASEFEE STOP",
      "PUSH 7 PUSH 8 PUSH 9 PUSH 10 PUSH 64 PUSH 0 LOG4 NUMBER BLOCKHASH COINBASE EXTCODESIZE "
      "ADDRESS EXTCODEHASH SELFBALANCE PUSH 32 PUSH 0 REVERT",
  };
  std::vector<Bytes> out;
  for (const std::string_view program : programs) {
    const Bytes code = testing::assemble(program);
    out.push_back(evm_input(Revision::cancun, Bytes(36, 1), code));
    out.push_back(evm_input(Revision::frontier, {}, code));
  }
  Bytes token = source_file("scenarios/contracts/erc20/erc20.bin-runtime");
  const auto digits = text_of(token);
  const auto code = from_hex(digits.substr(0, digits.find_last_not_of("\r\n") + 1));
  out.push_back(evm_input(Revision::cancun,
                          contract::abi_call("transfer(address,uint256)",
                                             {contract::abi(other), contract::abi(U256(1))}),
                          *code));
  return out;
}

// ---- transactions on the world state: what is there before is there after, but what is burned

constexpr std::uint64_t rich_balance = 1'000'000'000'000'000;

U256 supply(const ethereum::WorldState& state) {
  U256 sum;
  state.accounts().visit([&](ByteView, ByteView leaf) {
    rlp::Cursor account = *rlp::Cursor::list(leaf);
    account.number();
    sum = sum + account.number256();
    return true;
  });
  return sum;
}

void run_world(ByteView input) {
  using namespace ethereum;
  Source in(input);
  const Revision revision = revision_of(in.byte());
  const bool creation = (in.byte() & 1) != 0;
  const Bytes code(in.rest().begin(), in.rest().end());
  WorldState genesis;
  const Address sender = address_of(*secp256k1_public_key(secret));
  genesis.allot(sender, 0, U256(rich_balance), {}, {});
  const std::array<WorldState::Slot, 2> slots = {{{U256(0), U256(1)}, {U256(1), U256(2)}}};
  genesis.allot(self, 1, U256(1'000), code, slots);
  genesis.allot(other, 1, U256(1'000), code, {});
  const Hash256 before = genesis.root();
  const U256 had = supply(genesis);

  BlockContext block;
  block.coinbase = Address{{0xc0}};
  block.number = 1'000;
  block.gas_limit = 1'000'000;
  if (revision >= Revision::london) block.base_fee = U256(7);
  block.block_hash = [](std::int64_t) { return Hash256{{1}}; };
  Transaction tx;
  tx.max_fee = tx.max_priority_fee = U256(10);
  tx.gas_limit = 150'000;
  tx.value = U256(3);
  if (creation)
    tx.data = code;
  else
    tx.to = self;
  sign(tx, secret);

  const auto engine = evm::make_evm();
  std::optional<Hash256> root;
  for (int round = 0; round < 2; ++round) {
    Overlay overlay(genesis, revision);
    BlockUse use;
    const TransactionOutcome outcome =
        execute_transaction(overlay, block, tx, sender, *engine, use);
    const WorldState after = overlay.commit();
    if (outcome.fault != TransactionFault::none) {
      require(after.root() == before, "a refused transaction changes nothing");
    } else {
      require(use.gas <= tx.gas_limit && use.gas >= intrinsic_gas(tx, revision) / 2,
              "a transaction uses gas within its limit");
      require(supply(after) <= had, "no transaction makes money");
    }
    require(!root || *root == after.root(), "two runs of one transaction agree");
    root = after.root();
    require(genesis.root() == before, "an old version of the state stays");
  }
}

std::vector<Bytes> world_seeds() {
  std::vector<Bytes> out;
  for (const Bytes& seed : evm_seeds()) {
    for (const Byte creation : {0, 1}) {
      Bytes input = {seed[0], creation};
      append(input, ByteView(seed).subspan(3 + seed[2]));
      out.push_back(input);
    }
  }
  return out;
}

// ---- precompiled contracts: which, revision, then input

void run_precompile(ByteView input) {
  Source in(input);
  const Byte which = in.byte();
  const Revision revision = revision_of(in.byte());
  Address address;
  address.data[19] = static_cast<Byte>(which % 20);
  if (which % 20 == 19) address.data = {}, address.data[18] = 1;  // EIP-7951: 0x100
  const std::int64_t gas = 200'000;
  const bool now = precompile::is_precompile(address, revision);
  if (!now && !precompile::is_later_precompile(address)) return;
  const auto run = [&] {
    return now ? precompile::run(address, revision, in.rest(), gas)
               : precompile::run_later(address, in.rest(), gas);
  };
  const precompile::Outcome first = run();
  require(first.gas_left >= 0 && first.gas_left <= gas, "gas never grows");
  if (first.status != ContractStatus::success) {
    require(first.gas_left == 0 && first.output.empty(), "a failure takes all and gives nothing");
  }
  const precompile::Outcome second = run();
  require(first.status == second.status && first.gas_left == second.gas_left &&
              first.output == second.output,
          "two runs agree");
}

Bytes precompile_input(Byte which, ByteView data) {
  Bytes out = {which, static_cast<Byte>(Revision::cancun)};
  append(out, data);
  return out;
}

std::vector<Bytes> precompile_seeds() {
  std::vector<Bytes> out;
  for (Byte which = 1; which < 20; ++which) out.push_back(precompile_input(which, Bytes(128, 0)));
  // A point each of bn254 (1, 2), sizes of modexp, a BLAKE2 state, a signature.
  Bytes point(192, 0);
  point[31] = 1, point[63] = 2, point[95] = 1, point[127] = 2, point[191] = 9;
  out.push_back(precompile_input(6, point));
  out.push_back(precompile_input(7, point));
  Bytes modexp(99, 0);
  modexp[31] = modexp[63] = modexp[95] = 1, modexp[96] = 3, modexp[97] = 5, modexp[98] = 7;
  out.push_back(precompile_input(5, modexp));
  modexp[93] = 4;  // a modulus of 262,145 bytes, most of which are not there
  out.push_back(precompile_input(5, modexp));
  Bytes blake(213, 1);
  blake[0] = blake[1] = blake[2] = 0;
  out.push_back(precompile_input(9, blake));
  Bytes recover(128, 0);
  const auto signature = secp256k1_sign_recoverable(secret, Hash256{{1, 2, 3}});
  recover[0] = 1, recover[1] = 2, recover[2] = 3;
  if (signature) {
    recover[63] = static_cast<Byte>(27 + signature->recovery_id);
    std::copy(signature->signature.data.begin(), signature->signature.data.end(),
              recover.begin() + 64);
  }
  out.push_back(precompile_input(1, recover));
  // Points that EIP-2537's own maps give; EIP-4844's proof for the polynomial that is zero.
  const auto mapped = [](Byte which, std::size_t size) {
    Address map;
    map.data[19] = which;
    Bytes element(size, 0);
    element[size - 1] = 5;
    return precompile::run_later(map, element, 200'000).output;
  };
  const Bytes g1 = mapped(0x10, 64), g2 = mapped(0x11, 128);
  require(g1.size() == 128 && g2.size() == 256, "the maps give points");
  const auto joined = [](std::initializer_list<ByteView> parts) {
    Bytes bytes;
    for (const ByteView part : parts) append(bytes, part);
    return bytes;
  };
  const Bytes scalar(32, 3);
  out.push_back(precompile_input(0x0b, joined({g1, g1})));
  out.push_back(precompile_input(0x0c, joined({g1, scalar, g1, scalar})));
  out.push_back(precompile_input(0x0d, joined({g2, g2})));
  out.push_back(precompile_input(0x0e, joined({g2, scalar})));
  out.push_back(precompile_input(0x0f, joined({g1, g2})));
  Bytes infinity(48, 0);
  infinity[0] = 0xc0;
  Hash256 versioned = sha256(infinity);
  versioned.data[0] = 1;
  out.push_back(
      precompile_input(10, joined({versioned.view(), scalar, Bytes(32, 0), infinity, infinity})));
  return out;
}

// ---- scripts and modules: engines whose code is text or a module; deployed, then called

constexpr std::int64_t script_gas = 400'000;

void run_scripted(ContractEngine& engine, ByteView source) {
  std::vector<Trace> traces;
  for (int round = 0; round < 2; ++round) {
    testing::MemoryHost host(engine, Revision::cancun);
    host.account(caller).balance = U256(1'000'000);
    host.account(caller).there = true;
    const Bytes arguments = contract::abi_encode(std::array{contract::abi(U256(1'000))});
    const Bytes creation = contract::deployment(source, arguments);
    ContractMessage message;
    message.kind = CallKind::create;
    message.gas = script_gas;
    message.sender = caller;
    message.input = creation;
    const ContractResult made = host.call(message);
    check_gas(made, script_gas);
    traces.push_back(trace_of(made, host));
    if (made.status != ContractStatus::success) continue;
    for (const std::string_view method : {"transfer(address,uint256)", "run(uint256)"}) {
      const Bytes call = contract::abi_call(method, {contract::abi(other), contract::abi(U256(3))});
      ContractMessage next;
      next.gas = script_gas;
      next.sender = caller;
      next.recipient = next.code_address = made.created;
      next.input = call;
      const ContractResult result = host.call(next);
      check_gas(result, script_gas);
      traces.push_back(trace_of(result, host));
    }
  }
  const std::size_t half = traces.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    require(traces[i] == traces[i + half], "two runs of one contract agree");
  }
  require(traces.size() == 2 * half, "two deployments agree");
}

void run_lua(ByteView input) {
  static const auto engine = lua::make_lua();
  run_scripted(*engine, input);
}
void run_js(ByteView input) {
  static const auto engine = js::make_js();
  run_scripted(*engine, input);
}
void run_wasm(ByteView input) {
  static const auto engine = wasm::make_wasm();
  run_scripted(*engine, input);
}

std::vector<Bytes> sources(std::string_view suffix) {
  std::vector<Bytes> out;
  for (const std::string_view job : {"erc20", "escrow", "registry", "heavy"}) {
    const std::string name(job);
    out.push_back(
        source_file("scenarios/contracts/" + name + "/" + name + "." + std::string(suffix)));
  }
  return out;
}

std::vector<Bytes> lua_seeds() {
  std::vector<Bytes> out = sources("lua");
  for (const std::string_view text :
       {"return { [\"run(uint256)\"] = function(n) while true do end end }",
        "local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1e6) end return {}",
        "local function f() return f() + 1 end pcall(f) return {}",
        "return { [\"run(uint256)\"] = function(n) return call(msg.sender, n) end }",
        "return setmetatable({}, { __index = function(t, k) return t[k] end })",
        "error(setmetatable({}, { __tostring = function() while true do end end }))"}) {
    out.push_back(bytes_of(text));
  }
  return out;
}

std::vector<Bytes> js_seeds() {
  std::vector<Bytes> out = sources("js");
  for (const std::string_view text :
       {"({ 'run(uint256)': function (n) { for (;;); } })",
        "var a = []; for (;;) a.push(new Array(100000).join('x'))", "(function f() { f(); })()",
        "({ get x() { throw this; }, toString: function () { return this; } })",
        "try { for (;;); } catch (e) { for (;;); } finally { for (;;); }",
        "/(a*)*b/.exec(new Array(100).join('a'))", "JSON.parse('[[[[[[[[1]]]]]]]]')"}) {
    out.push_back(bytes_of(text));
  }
  return out;
}

std::vector<Bytes> wasm_seeds() { return sources("wasm"); }

constexpr Target table[] = {
    {"evm", run_evm, evm_seeds, 40'000},
    {"eth_world", run_world, world_seeds, 6'000},
    {"precompile", run_precompile, precompile_seeds, 6'000},
    {"lua", run_lua, lua_seeds, 6'000},
    {"js", run_js, js_seeds, 2'000},
    {"wasm", run_wasm, wasm_seeds, 15'000},
};

}  // namespace

std::span<const Target> contract_targets() { return table; }

}  // namespace ledgerlab::fuzz
