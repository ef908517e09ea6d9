#include "models/parts/contract/lifecycle.hpp"

#include <algorithm>

#include "models/parts/contract/methods.hpp"

namespace ledgerlab::contract {

namespace {

constexpr std::string_view marker = "ledgerlab life cycle of contracts, version 1";

const Limits& system_limits() {
  static const Limits limits{.frame_gas = 2'000};
  return limits;
}

Bytes key_of(char field, ByteView subject) {
  Bytes out(1, static_cast<Byte>(field));
  out.insert(out.end(), subject.begin(), subject.end());
  return out;
}

/// One call of the system contract.
class Desk {
 public:
  Desk(ContractHost& host, Frame& frame) : host_(host), frame_(frame) {}

  using Work = void (Desk::*)(const std::vector<AbiValue>&);
  struct Entry {
    const char* signature;
    Work work;
  };

  void do_register(const std::vector<AbiValue>&) {
    if (status() != LifecycleStatus::none) return frame_.refuse("life cycle: taken");
    write('o', abi(frame_.message().sender).number);
    set_status(LifecycleStatus::registered);
    frame_.finish({});
  }
  void authorise(const std::vector<AbiValue>& a) {
    if (!by_owner()) return;
    const Bytes key = deployer_key(a[1].address());
    const Bytes value = a[2].number.is_zero() ? Bytes() : Bytes{1};
    if (frame_.store(key, value)) frame_.finish({});
  }
  void deploy(const std::vector<AbiValue>& a) {
    if (!by_deployer()) return;
    if (status() != LifecycleStatus::registered) return frame_.refuse("life cycle: deployed");
    const auto created = create(a[1].bytes);
    if (!created) return;
    const U256 instance = abi(*created).number;
    write('i', instance);
    write('c', instance);
    write('v', U256(1));
    set_status(LifecycleStatus::active);
    if (frame_.store(key_of('n', created->view()), name_.view())) give(instance);
  }
  void upgrade(const std::vector<AbiValue>& a) {
    if (!by_deployer()) return;
    const LifecycleStatus now = status();
    if (now != LifecycleStatus::active && now != LifecycleStatus::paused) {
      return frame_.refuse("life cycle: nothing to upgrade");
    }
    const auto created = create(a[1].bytes);
    if (!created) return;
    const U256 version = read('v') + U256(1);
    write('c', abi(*created).number);
    write('v', version);
    give(version);
  }
  void pause(const std::vector<AbiValue>&) {
    change(LifecycleStatus::active, LifecycleStatus::paused);
  }
  void resume(const std::vector<AbiValue>&) {
    change(LifecycleStatus::paused, LifecycleStatus::active);
  }
  void retire(const std::vector<AbiValue>&) {
    if (!by_owner()) return;
    if (status() == LifecycleStatus::retired) return frame_.refuse("life cycle: retired");
    set_status(LifecycleStatus::retired);
    frame_.finish({});
  }
  void status_of(const std::vector<AbiValue>&) { give(read('s')); }
  void version_of(const std::vector<AbiValue>&) { give(read('v')); }
  void owner_of(const std::vector<AbiValue>&) { give(read('o')); }
  void instance_of(const std::vector<AbiValue>&) { give(read('i')); }
  void code_hash_of(const std::vector<AbiValue>&) {
    const U256 code = read('c');
    if (frame_.charge(price::balance)) {
      give(code.is_zero() ? U256() : u256_from(host_.code_hash(abi_account(code))));
    }
  }

  void run();

  static Address abi_account(const U256& number) {
    AbiValue value;
    value.number = number;
    return value.address();
  }

 private:
  U256 read(char field) {
    std::optional<Bytes> value;
    if (!frame_.load(key_of(field, name_.view()), value) || !value) return {};
    return u256_from_big_endian(*value).value_or(U256());
  }
  void write(char field, const U256& value) {
    frame_.store(key_of(field, name_.view()), to_minimal_big_endian(value));
  }
  LifecycleStatus status() { return static_cast<LifecycleStatus>(read('s').low64()); }
  void set_status(LifecycleStatus status) { write('s', U256(static_cast<std::uint64_t>(status))); }
  Bytes deployer_key(const Address& who) {
    Bytes key = key_of('d', name_.view());
    key.insert(key.end(), who.data.begin(), who.data.end());
    return key;
  }
  bool by_owner() {
    const bool fine = read('o') == abi(frame_.message().sender).number;
    if (!fine) frame_.refuse("life cycle: not the owner");
    return fine && !frame_.stopped();
  }
  bool by_deployer() {
    if (read('o') == abi(frame_.message().sender).number) return !frame_.stopped();
    std::optional<Bytes> allowed;
    if (!frame_.load(deployer_key(frame_.message().sender), allowed)) return false;
    if (!allowed) frame_.refuse("life cycle: not authorised");
    return !frame_.stopped();
  }
  void change(LifecycleStatus from, LifecycleStatus to) {
    if (!by_owner()) return;
    if (status() != from) return frame_.refuse("life cycle: not in that state");
    set_status(to);
    frame_.finish({});
  }
  void give(const U256& value) {
    const AbiValue word = abi(value);
    frame_.finish(abi_encode({&word, 1}));
  }
  std::optional<Address> create(const Bytes& code) {
    Address created;
    std::string reason;
    if (!frame_.create(code, created, reason)) {
      frame_.refuse("life cycle: the code is refused");
      return std::nullopt;
    }
    return created;
  }

  ContractHost& host_;
  Frame& frame_;
  Hash256 name_;
};

constexpr Desk::Entry entries[] = {
    {"register(bytes32)", &Desk::do_register},
    {"authorise(bytes32,address,bool)", &Desk::authorise},
    {"deploy(bytes32,bytes)", &Desk::deploy},
    {"upgrade(bytes32,bytes)", &Desk::upgrade},
    {"pause(bytes32)", &Desk::pause},
    {"resume(bytes32)", &Desk::resume},
    {"retire(bytes32)", &Desk::retire},
    {"statusOf(bytes32)", &Desk::status_of},
    {"versionOf(bytes32)", &Desk::version_of},
    {"ownerOf(bytes32)", &Desk::owner_of},
    {"instanceOf(bytes32)", &Desk::instance_of},
    {"codeHashOf(bytes32)", &Desk::code_hash_of},
};

const Methods& system_methods() {
  static const Methods methods = [] {
    Methods out;
    for (const auto& entry : entries) out.add(entry.signature);
    return out;
  }();
  return methods;
}

void Desk::run() {
  std::vector<AbiValue> arguments;
  const Method* method = system_methods().find(frame_, arguments);
  if (method == nullptr) return;
  name_ = to_big_endian(arguments[0].number);
  for (const auto& entry : entries) {
    if (method->key == entry.signature) return (this->*entry.work)(arguments);
  }
}

class Lifecycle final : public ContractEngine {
 public:
  explicit Lifecycle(std::unique_ptr<ContractEngine> inner) : inner_(std::move(inner)) {}
  std::string_view name() const override { return inner_->name(); }
  bool deterministic() const override { return inner_->deterministic(); }

  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override {
    inner_->observer = observer;
    const Address system = lifecycle_address();
    if (message.recipient == system && message.code_address == system) {
      Frame frame(host, message, system_limits(), nullptr);
      callers_.push_back(message.sender);
      if (frame.charge(system_limits().frame_gas)) Desk(host, frame).run();
      callers_.pop_back();
      return frame.result();
    }
    const bool creation = message.kind == CallKind::create || message.kind == CallKind::create2;
    if (creation) {
      ContractMessage seen = message;
      if (message.sender == system && !callers_.empty()) seen.sender = callers_.back();
      return inner_->execute(host, revision, seen, code);
    }
    // Data and code are told apart by their accounts: a library's code keeps the caller's status.
    const auto name = host.item(system, key_of('n', message.recipient.view()));
    if (!name) return inner_->execute(host, revision, message, code);
    const auto status = field(host, 's', *name);
    if (status != U256(static_cast<std::uint64_t>(LifecycleStatus::active))) {
      ContractResult refused;
      refused.status = ContractStatus::revert;
      refused.gas_left = message.gas;
      refused.reason = status == U256(static_cast<std::uint64_t>(LifecycleStatus::paused))
                           ? "life cycle: paused"
                           : "life cycle: retired";
      refused.output = abi_error(refused.reason);
      return refused;
    }
    if (message.code_address != message.recipient) {
      return inner_->execute(host, revision, message, code);
    }
    const CodeRef current = host.code(Desk::abi_account(field(host, 'c', *name)));
    return inner_->execute(host, revision, message, current ? *current : code);
  }

 private:
  static U256 field(ContractHost& host, char field, ByteView name) {
    const auto value = host.item(lifecycle_address(), key_of(field, name));
    return value ? u256_from_big_endian(*value).value_or(U256()) : U256();
  }

  std::unique_ptr<ContractEngine> inner_;
  std::vector<Address> callers_;  // of the system contract's open frames
};

}  // namespace

Address lifecycle_address() {
  Address out;
  out.data[17] = 0x1c;  // beyond every precompile
  return out;
}

Bytes lifecycle_code() {
  const ByteView text = as_bytes(marker);
  return {text.begin(), text.end()};
}

std::unique_ptr<ContractEngine> make_lifecycle(std::unique_ptr<ContractEngine> inner) {
  return std::make_unique<Lifecycle>(std::move(inner));
}

ParamInfo lifecycle_param() {
  ParamInfo out{
      "lifecycle",
      ParamType::flag,
      "false",
      "contracts are registered, deployed, upgraded, paused and retired by name through a "
      "system contract (docs/contracts.md)",
      {},
      {},
      {}};
  out.late = true;
  return out;
}

bool has_lifecycle(const Params& params) {
  // Tools and tests make engines without parameters.
  return params.numbers().contains("lifecycle") && params.flag("lifecycle");
}

std::unique_ptr<ContractEngine> with_lifecycle(std::unique_ptr<ContractEngine> engine,
                                               const Params& params) {
  return has_lifecycle(params) ? make_lifecycle(std::move(engine)) : std::move(engine);
}

}  // namespace ledgerlab::contract
