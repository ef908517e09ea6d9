#include "models/contract/wasm/wasm.hpp"

#include <algorithm>
#include <cstring>

#include "models/contract/wasm/vm.hpp"
#include "models/parts/contract/abi.hpp"

namespace ledgerlab::wasm {

namespace {

using contract::Frame;

constexpr std::size_t word_size = 32;
constexpr std::size_t page_bytes = 65'536;
constexpr std::int64_t page_gas = 2'048;  // as 64 KiB by contract::price::memory_word

/// The ledger as a module sees it. Addresses in its memory are checked; a word is 32 bytes, most
/// significant first, and accounts are words too.
class Ledger final : public Environment {
 public:
  explicit Ledger(Frame& frame) : frame_(frame) {}

  bool charge(std::int64_t steps, std::int64_t pages) override {
    return frame_.charge_steps(steps) && frame_.charge(pages * page_gas);
  }
  bool call(std::size_t import, const std::uint64_t* arguments, std::uint64_t& result,
            Memory memory) override;

  using Function = bool (Ledger::*)(const std::uint64_t*, std::uint64_t&);
  struct Entry {
    Import import;
    Function function;
  };

  bool input_size(const std::uint64_t*, std::uint64_t& result) {
    result = frame_.input().size();
    return true;
  }
  bool input_read(const std::uint64_t* a, std::uint64_t&) { return copy(frame_.input(), a); }
  bool output_size(const std::uint64_t*, std::uint64_t& result) {
    result = output_.size();
    return true;
  }
  bool output_read(const std::uint64_t* a, std::uint64_t&) { return copy(output_, a); }
  bool caller(const std::uint64_t* a, std::uint64_t&) { return put(a[0], frame_.message().sender); }
  bool self(const std::uint64_t* a, std::uint64_t&) {
    return put(a[0], frame_.message().recipient);
  }
  bool value(const std::uint64_t* a, std::uint64_t&) { return put(a[0], frame_.message().value); }
  bool block_number(const std::uint64_t*, std::uint64_t& result) {
    result = static_cast<std::uint64_t>(frame_.context().block_number);
    return true;
  }
  bool timestamp(const std::uint64_t*, std::uint64_t& result) {
    result = static_cast<std::uint64_t>(frame_.context().timestamp);
    return true;
  }

  bool get(const std::uint64_t* a, std::uint64_t& result) {
    ByteView key;
    std::optional<Bytes> value;
    if (!view(a[0], a[1], key) || !frame_.load(key, value)) return false;
    result = value ? value->size() : 0xffff'ffff;
    if (!value) return true;
    ByteView room;
    const std::size_t size = std::min<std::size_t>(value->size(), a[3]);
    if (!view(a[2], size, room)) return false;
    std::memcpy(memory_.data + a[2], value->data(), size);
    return true;
  }
  bool set(const std::uint64_t* a, std::uint64_t&) {
    ByteView key;
    ByteView value;
    return view(a[0], a[1], key) && view(a[2], a[3], value) && frame_.store(key, value);
  }
  bool balance(const std::uint64_t* a, std::uint64_t&) {
    Address account;
    U256 value;
    return address(a[0], account) && frame_.balance(account, value) && put(a[1], value);
  }
  bool call_contract(const std::uint64_t* a, std::uint64_t& result) {
    Address to;
    U256 value;
    ByteView input;
    if (!address(a[0], to) || !word(a[1], value) || !view(a[2], a[3], input)) return false;
    const Bytes kept(input.begin(), input.end());
    Frame::Answer answer;
    const auto gas = static_cast<std::int64_t>(std::min<std::uint64_t>(a[4], INT64_MAX));
    if (!frame_.call(to, value, kept, gas, answer)) return false;
    result = answer.success ? 1 : 0;
    output_ = std::move(answer.output);
    return true;
  }
  bool log(const std::uint64_t* a, std::uint64_t&) {
    ByteView data;
    ByteView words;
    if (a[3] > 4) return trap("log: at most four topics");
    if (!view(a[0], a[1], data) || !view(a[2], a[3] * word_size, words)) return false;
    std::vector<Hash256> topics(a[3]);
    for (std::size_t i = 0; i < topics.size(); ++i) {
      std::memcpy(topics[i].data.data(), words.data() + i * word_size, word_size);
    }
    return frame_.log(data, topics);
  }
  bool keccak(const std::uint64_t* a, std::uint64_t&) {
    ByteView data;
    Hash256 hash;
    return view(a[0], a[1], data) && frame_.hash(data, hash) && put(a[2], u256_from(hash));
  }
  bool give(const std::uint64_t* a, std::uint64_t&) {
    ByteView data;
    if (view(a[0], a[1], data) && frame_.charge_bytes(data.size(), contract::price::copy_word)) {
      frame_.finish(Bytes(data.begin(), data.end()));
    }
    return false;
  }
  bool revert(const std::uint64_t* a, std::uint64_t&) {
    ByteView text;
    if (!view(a[0], a[1], text) || !frame_.charge_bytes(text.size(), contract::price::copy_word)) {
      return false;
    }
    if (text.empty()) {
      frame_.refuse(Bytes(), "refused without a text");
    } else {
      frame_.refuse(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
    }
    return false;
  }
  bool add(const std::uint64_t* a, std::uint64_t& result) {
    return combine(a, result, [](const U256& x, const U256& y, bool& over) {
      return ledgerlab::add(x, y, over);
    });
  }
  bool subtract(const std::uint64_t* a, std::uint64_t& result) {
    return combine(a, result, [](const U256& x, const U256& y, bool& over) {
      return ledgerlab::subtract(x, y, over);
    });
  }
  bool multiply(const std::uint64_t* a, std::uint64_t& result) {
    return combine(a, result, [](const U256& x, const U256& y, bool& over) {
      over = !checked_multiply(x, y);
      return x * y;
    });
  }
  bool divide(const std::uint64_t* a, std::uint64_t& result) {
    return combine(a, result, [](const U256& x, const U256& y, bool& over) {
      over = y.is_zero();
      return x / y;
    });
  }
  bool modulo(const std::uint64_t* a, std::uint64_t& result) {
    return combine(a, result, [](const U256& x, const U256& y, bool& over) {
      over = y.is_zero();
      return x % y;
    });
  }
  bool compare(const std::uint64_t* a, std::uint64_t& result) {
    U256 x;
    U256 y;
    if (!word(a[0], x) || !word(a[1], y)) return false;
    result = x == y ? 0 : x > y ? 1 : 0xffff'ffff;
    return true;
  }

 private:
  bool trap(const char* why) {
    frame_.stop(ContractStatus::contract_failure, why);
    return false;
  }
  bool view(std::uint64_t at, std::uint64_t size, ByteView& out) {
    if (at > memory_.size || size > memory_.size - at) {
      frame_.stop(ContractStatus::invalid_memory_access, "an address outside its memory");
      return false;
    }
    out = {memory_.data + at, static_cast<std::size_t>(size)};
    return true;
  }
  bool word(std::uint64_t at, U256& out) {
    ByteView bytes;
    if (!view(at, word_size, bytes)) return false;
    out = *u256_from_big_endian(bytes);
    return true;
  }
  bool address(std::uint64_t at, Address& out) {
    U256 number;
    if (!word(at, number)) return false;
    if (number.bit_length() > 160) return trap("an account that is none");
    out = contract::abi(number).address();
    return true;
  }
  bool put(std::uint64_t at, const U256& value) {
    ByteView room;
    if (!view(at, word_size, room)) return false;
    const FixedBytes<32> bytes = to_big_endian(value);
    std::memcpy(memory_.data + at, bytes.data.data(), word_size);
    return true;
  }
  bool put(std::uint64_t at, const Address& value) { return put(at, contract::abi(value).number); }
  /// (to, from, size): what lies beyond the source's end reads zero.
  bool copy(ByteView source, const std::uint64_t* a) {
    ByteView room;
    if (!view(a[0], a[2], room) || !frame_.charge_bytes(a[2], contract::price::copy_word)) {
      return false;
    }
    const std::size_t from = std::min<std::size_t>(a[1], source.size());
    const std::size_t size = std::min<std::size_t>(a[2], source.size() - from);
    std::memset(memory_.data + a[0], 0, a[2]);
    if (size > 0) std::memcpy(memory_.data + a[0], source.data() + from, size);
    return true;
  }
  template <class Operation>
  bool combine(const std::uint64_t* a, std::uint64_t& result, Operation operation) {
    U256 x;
    U256 y;
    bool over = false;
    if (!word(a[0], x) || !word(a[1], y)) return false;
    const U256 value = operation(x, y, over);
    result = over ? 1 : 0;
    return put(a[2], value);
  }

  Frame& frame_;
  Memory memory_{};
  Bytes output_;
};

constexpr Ledger::Entry entries[] = {
    {{"input_size", ":i"}, &Ledger::input_size},
    {{"input_read", "iii:"}, &Ledger::input_read},
    {{"output_size", ":i"}, &Ledger::output_size},
    {{"output_read", "iii:"}, &Ledger::output_read},
    {{"caller", "i:"}, &Ledger::caller},
    {{"self", "i:"}, &Ledger::self},
    {{"value", "i:"}, &Ledger::value},
    {{"block_number", ":l"}, &Ledger::block_number},
    {{"timestamp", ":l"}, &Ledger::timestamp},
    {{"get", "iiii:i"}, &Ledger::get},
    {{"set", "iiii:"}, &Ledger::set},
    {{"balance", "ii:"}, &Ledger::balance},
    {{"call", "iiiil:i"}, &Ledger::call_contract},
    {{"log", "iiii:"}, &Ledger::log},
    {{"keccak", "iii:"}, &Ledger::keccak},
    {{"return", "ii:"}, &Ledger::give},
    {{"revert", "ii:"}, &Ledger::revert},
    {{"add", "iii:i"}, &Ledger::add},
    {{"sub", "iii:i"}, &Ledger::subtract},
    {{"mul", "iii:i"}, &Ledger::multiply},
    {{"div", "iii:i"}, &Ledger::divide},
    {{"mod", "iii:i"}, &Ledger::modulo},
    {{"compare", "ii:i"}, &Ledger::compare},
};
constexpr std::size_t entry_count = std::size(entries);

const Import* imports() {
  static const auto table = [] {
    std::array<Import, entry_count> out{};
    for (std::size_t i = 0; i < entry_count; ++i) out[i] = entries[i].import;
    return out;
  }();
  return table.data();
}

bool Ledger::call(std::size_t import, const std::uint64_t* arguments, std::uint64_t& result,
                  Memory memory) {
  memory_ = memory;
  return (this->*entries[import].function)(arguments, result) && !frame_.stopped();
}

struct Program {
  std::string fault;  // why it is no contract; empty: it is one
  std::shared_ptr<const Module> module;
};

class Wasm final : public contract::CodeEngine {
 public:
  using CodeEngine::CodeEngine;
  std::string_view name() const override { return "wasm"; }

 protected:
  std::string check(const ContractCode& code) override { return program(code).fault; }

  void run(Frame& frame, const ContractCode& code) override {
    const Program& made = program(code);
    if (!made.fault.empty()) {
      frame.stop(ContractStatus::code_refused, made.fault);
      return;
    }
    const char* entry = frame.creating() ? "create" : "call";
    if (!has_export(*made.module, entry)) {
      if (frame.input().empty() && frame.message().value.is_zero()) {
        frame.finish({});
      } else {
        frame.refuse(Bytes(), "the constructor takes nothing");
      }
      return;
    }
    Ledger ledger(frame);
    std::string why;
    const End end = wasm::run(*made.module, entry, ledger, why);
    if (end == End::returned) {
      frame.finish({});
    } else if (end == End::trapped) {
      frame.stop(ContractStatus::contract_failure, why);
    }
  }

 private:
  const Program& program(const ContractCode& code) {
    if (!code.derived) {
      auto made = std::make_shared<Program>();
      const auto pages = static_cast<std::uint32_t>(limits().memory_bytes / page_bytes);
      made->module = read_module(code.bytes.data(), code.bytes.size(),
                                 {imports(), entry_count, pages}, made->fault);
      if (made->module && !has_export(*made->module, "call")) {
        made->fault = "no function \"call\" without parameters and results is exported";
      }
      code.derived = std::shared_ptr<const Program>(std::move(made));
    }
    return *static_cast<const Program*>(code.derived.get());
  }
};

}  // namespace

std::unique_ptr<contract::CodeEngine> make_wasm(contract::Limits limits) {
  return std::make_unique<Wasm>(limits);
}

}  // namespace ledgerlab::wasm
