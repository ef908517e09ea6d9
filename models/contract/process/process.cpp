#include "models/contract/process/process.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include "models/contract/process/child.hpp"
#include "models/contract/process/sdk.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/contract/methods.hpp"

namespace ledgerlab::process {

namespace {

using contract::Frame;

constexpr Byte protocol_version = 1;
constexpr std::int64_t request_gas = 500;  // a message there and back
constexpr std::string_view python = "#!python3\n";
constexpr std::string_view native = "#!native ";
constexpr std::string_view name_letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t methods_max = 256;

Bytes answer(bool flag, ByteView bytes) {
  Writer out('A');
  out.number(flag ? 1 : 0, 1);
  out.text(bytes);
  return {out.bytes().begin(), out.bytes().end()};
}

Address address(ByteView bytes) {
  Address out;
  if (bytes.size() == out.size()) std::copy(bytes.begin(), bytes.end(), out.data.begin());
  return out;
}

/// What the contract asks while it runs. Nothing: no known request, or the frame has ended.
class Requests {
 public:
  explicit Requests(Frame& frame) : frame_(frame) {}

  std::optional<Bytes> serve(ByteView message) {
    Reader in(message.subspan(1));
    if (!frame_.charge(request_gas)) return std::nullopt;
    switch (message[0]) {
      case 'G':
        return get(in);
      case 'S':
        return set(in);
      case 'B':
        return balance(in);
      case 'C':
        return call(in);
      case 'H':
        return hash(in);
      case 'L':
        return log(in);
      default:
        return fault();
    }
  }

 private:
  std::optional<Bytes> fault() {
    frame_.stop(ContractStatus::contract_failure, "a message that the protocol does not know");
    return std::nullopt;
  }
  std::optional<Bytes> get(Reader& in) {
    const ByteView key = in.text();
    if (!in.finished()) return fault();
    std::optional<Bytes> value;
    if (!frame_.load(key, value)) return std::nullopt;
    return answer(value.has_value(), value ? ByteView(*value) : ByteView());
  }
  std::optional<Bytes> set(Reader& in) {
    const ByteView key = in.text();
    const ByteView value = in.text();
    if (!in.finished()) return fault();
    if (!frame_.store(key, value)) return std::nullopt;
    return answer(true, {});
  }
  std::optional<Bytes> balance(Reader& in) {
    const ByteView account = in.raw(20);
    if (!in.finished()) return fault();
    U256 value;
    if (!frame_.balance(address(account), value)) return std::nullopt;
    return answer(true, to_big_endian(value).view());
  }
  std::optional<Bytes> call(Reader& in) {
    const ByteView to = in.raw(20);
    const auto value = u256_from_big_endian(in.raw(32));
    const std::uint64_t gas = in.number(8);
    const ByteView input = in.text();
    if (!in.finished()) return fault();
    Frame::Answer out;
    const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(gas, INT64_MAX));
    if (!frame_.call(address(to), *value, input, most, out)) return std::nullopt;
    return answer(out.success, out.output);
  }
  std::optional<Bytes> hash(Reader& in) {
    const ByteView data = in.text();
    if (!in.finished()) return fault();
    Hash256 out;
    if (!frame_.hash(data, out)) return std::nullopt;
    return answer(true, out.view());
  }
  std::optional<Bytes> log(Reader& in) {
    const std::uint64_t count = in.number(1);
    const ByteView words = in.raw(count * 32);
    const ByteView data = in.text();
    if (!in.finished() || count > 4) return fault();
    std::vector<Hash256> topics(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(32 * i), 32, topics[i].data.begin());
    }
    if (!frame_.log(data, topics)) return std::nullopt;
    return answer(true, {});
  }

  Frame& frame_;
};

class Process final : public contract::CodeEngine {
 public:
  Process(Options options, contract::Limits limits)
      : CodeEngine(limits), options_(std::move(options)) {
    sandboxed_ = options_.sandbox != Sandbox::none && sandbox_fault().empty();
    if (options_.sandbox == Sandbox::required && !sandboxed_) {
      throw contract::Unavailable(
          "contract engine \"process\" needs a sandbox: " + sandbox_fault() +
          "; contract_params = { sandbox = \"preferred\" } runs contracts "
          "without one where there is none");
    }
    if (options_.sandbox == Sandbox::preferred && !sandboxed_) warn();
  }
  std::string_view name() const override { return "process"; }
  bool deterministic() const override { return false; }

 protected:
  std::string check(const ContractCode& code) override {
    std::vector<std::string> words;
    if (std::string why = command(code, words); !why.empty()) return why;
    std::string why;
    auto child = take(code, why);
    if (!child) return why;
    give_back(code, std::move(child));
    return {};
  }

  void run(Frame& frame, const ContractCode& code) override {
    std::string why;
    auto child = take(code, why);
    if (!child) return frame.stop(ContractStatus::contract_failure, why);
    contract::Methods methods;
    for (const std::string& name : child->methods) methods.add(name);
    std::vector<contract::AbiValue> arguments;
    const contract::Method* method = methods.find(frame, arguments);
    if (method == nullptr) return give_back(code, std::move(child));
    const auto place = std::find(child->methods.begin(), child->methods.end(), method->key);
    child->begin();
    child->send(execute_message(frame, place - child->methods.begin(), arguments));
    Requests requests(frame);
    // Whether it was in time may differ from node to node, and is all that this status says.
    const auto fail = [&](const std::string& text) {
      frame.stop(child->late() ? ContractStatus::nondeterminism : ContractStatus::contract_failure,
                 text);
    };
    while (true) {
      const auto message = child->receive(why);
      if (!message) return fail(why);
      if (message->front() == 'R') {
        finish(frame, *message);
        return give_back(code, std::move(child));
      }
      const auto reply = requests.serve(*message);
      if (!reply) return;  // it waits for an answer that never comes: killed with the Child
      if (!child->send(*reply)) return fail("the process does not read");
    }
  }

 private:
  static void warn() {
    static const bool once = [] {
      std::fprintf(stderr, "**** %s ****\n", standing(Sandbox::preferred).c_str());
      return true;
    }();
    static_cast<void>(once);
  }
  static Bytes execute_message(const Frame& frame, std::ptrdiff_t method,
                               const std::vector<contract::AbiValue>& arguments) {
    const ContractMessage& message = frame.message();
    Writer out('E');
    out.number(message.is_static ? 1 : 0, 1);
    out.number(static_cast<std::uint64_t>(message.depth), 4);
    out.raw(message.sender.view());
    out.raw(message.recipient.view());
    out.raw(frame.context().origin.view());
    out.raw(to_big_endian(message.value).view());
    out.number(static_cast<std::uint64_t>(frame.gas()), 8);
    out.number(static_cast<std::uint64_t>(frame.context().block_number), 8);
    out.number(static_cast<std::uint64_t>(frame.context().timestamp), 8);
    out.number(static_cast<std::uint64_t>(method), 4);
    out.text(contract::abi_encode(arguments));
    return {out.bytes().begin(), out.bytes().end()};
  }

  static void finish(Frame& frame, const Bytes& message) {
    Reader in(ByteView(message).subspan(1));
    const std::uint64_t status = in.number(1);
    const ByteView body = in.text();
    const std::string text(body.begin(), body.end());
    if (!in.finished() || status > 2) {
      frame.stop(ContractStatus::contract_failure, "a result that the protocol does not know");
    } else if (status == 0) {
      frame.finish(Bytes(body.begin(), body.end()));
    } else if (status == 1) {
      frame.refuse(text);
    } else {
      frame.stop(ContractStatus::contract_failure, text);
    }
  }

  /// The words that start the contract, or why there are none.
  std::string command(const ContractCode& code, std::vector<std::string>& words) const {
    const std::string text(code.bytes.begin(), code.bytes.end());
    if (text.find('\0') != std::string::npos) return "a zero byte";
    if (text.starts_with(python)) {
      words = {"/usr/bin/python3",
               "-I",
               "-S",
               "-B",
               "-c",
               std::string(python_sdk()) + text.substr(python.size())};
      return {};
    }
    if (!text.starts_with(native)) {
      return "neither \"#!python3\" and a program nor \"#!native NAME SHA256\"";
    }
    std::istringstream rest(text.substr(native.size()));
    std::string name, digest, more;
    rest >> name >> digest;
    const bool plain = name.find_first_not_of(name_letters) == std::string::npos;
    if (digest.empty() || rest >> more || !plain) {
      return "not \"#!native NAME SHA256\" with a name of a-z, 0-9, _ and -";
    }
    if (options_.programs.empty()) return "this node has no folder of programs";
    const std::string path = options_.programs + "/" + name;
    std::ifstream file(path, std::ios::binary);
    if (!file) return "this node knows no program '" + name + "'";
    const Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (to_hex(sha256(bytes)) != digest) {
      return "this node's program '" + name + "' is another one: its SHA-256 differs";
    }
    words = {path};
    return {};
  }

  std::unique_ptr<Child> take(const ContractCode& code, std::string& why) {
    auto& idle = idle_[code.hash];
    if (!idle.empty()) {
      auto child = std::move(idle.back());
      idle.pop_back();
      return child;
    }
    std::vector<std::string> words;
    if (why = command(code, words); !why.empty()) return nullptr;
    auto child = std::make_unique<Child>(words, options_, sandboxed_);
    const auto ready = child->receive(why);
    if (!ready) return nullptr;
    Reader in(ByteView(*ready).subspan(1));
    const std::uint64_t version = in.number(1);
    const std::uint64_t count = in.number(4);
    contract::Methods methods;
    if (ready->front() != 'V' || version != protocol_version || count > methods_max) {
      why = "it does not speak version 1 of the protocol";
      return nullptr;
    }
    for (std::uint64_t i = 0; i < count && in.fine(); ++i) {
      const ByteView name = in.text();
      child->methods.emplace_back(name.begin(), name.end());
      if (why = methods.add(child->methods.back()); !why.empty()) return nullptr;
    }
    if (!in.finished()) why = "its first message is cut off";
    return in.finished() ? std::move(child) : nullptr;
  }

  void give_back(const ContractCode& code, std::unique_ptr<Child> child) {
    if (++child->frames < options_.frames) idle_[code.hash].push_back(std::move(child));
  }

  Options options_;
  bool sandboxed_ = false;
  std::map<Hash256, std::vector<std::unique_ptr<Child>>> idle_;
};

}  // namespace

Sandbox sandbox_of(const Params& params) {
  if (!params.texts().contains("sandbox")) return Sandbox::required;
  const std::string& text = params.text("sandbox");
  return text == "required"    ? Sandbox::required
         : text == "preferred" ? Sandbox::preferred
                               : Sandbox::none;
}

std::string standing(Sandbox sandbox) {
  if (sandbox == Sandbox::none) {
    return "contract processes run WITHOUT A SANDBOX, as sandbox = \"none\" has it: they reach the "
           "network and every file of this user";
  }
  if (sandbox_fault().empty()) {
    return "contract processes: real, in a sandbox (bubblewrap): no network, no processes of their "
           "own, of the files only /usr, read only; limits of CPU time and memory";
  }
  return "contract processes run WITHOUT A SANDBOX: they reach the network and every file of this "
         "user; " +
         sandbox_fault();
}

std::unique_ptr<contract::CodeEngine> make_process(Options options, contract::Limits limits) {
  return std::make_unique<Process>(std::move(options), limits);
}

}  // namespace ledgerlab::process
