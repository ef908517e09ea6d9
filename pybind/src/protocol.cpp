// A consensus protocol written in Python (DESIGN 13.7): a LogProtocol whose hooks are methods of an
// instance of a class, and whose messages are values of its dataclasses over the one codec. The GIL
// is taken for the steps of such nodes only.
#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <variant>

#include "models/api/log_protocol.hpp"
#include "models/parts/dynamic/dynamic.hpp"
#include "pybind/src/core.hpp"

namespace ledgerlab::python {
namespace {

/// Handles on immutable things of the C++ side.
struct PyBlock {
  BlockRef ref;
};
struct PyPayload {
  PayloadRef ref;
};
struct PyRecord {
  std::uint64_t index;
  py::bytes data;
  std::optional<PyBlock> block;
};

py::bytes bytes_of(ByteView view) {
  return py::bytes(reinterpret_cast<const char*>(view.data()), view.size());
}

Bytes bytes_from(const py::handle& object) {
  const auto text = py::cast<std::string_view>(object);
  return {text.begin(), text.end()};
}

// --- messages ------------------------------------------------------------------------------------

dynamic::FieldType field_type(const py::handle& described) {
  static const std::map<std::string, dynamic::FieldKind> kinds = {
      {"u32", dynamic::FieldKind::u32},        {"u64", dynamic::FieldKind::u64},
      {"bool", dynamic::FieldKind::flag},      {"bytes", dynamic::FieldKind::bytes},
      {"hash", dynamic::FieldKind::hash},      {"block", dynamic::FieldKind::block},
      {"payload", dynamic::FieldKind::payload}};
  if (py::isinstance<py::str>(described)) return {kinds.at(py::cast<std::string>(described)), {}};
  return {dynamic::FieldKind::list, {field_type(py::cast<py::list>(described)[0])}};
}

[[noreturn]] void refuse(const std::string& where, const char* wanted, const py::handle& got) {
  throw py::type_error(where + ": expected " + wanted + ", not " +
                       py::cast<std::string>(py::repr(got)));
}

std::uint64_t number_from(const py::handle& object, std::uint64_t most, const std::string& where) {
  if (PyLong_Check(object.ptr()) && !PyBool_Check(object.ptr())) {
    const std::uint64_t number = PyLong_AsUnsignedLongLong(object.ptr());
    if (PyErr_Occurred() == nullptr && number <= most) return number;
    PyErr_Clear();
  }
  refuse(
      where,
      most == 0xffff'ffff ? "a whole number from 0 to 2^32-1" : "a whole number from 0 to 2^64-1",
      object);
}

dynamic::Value value_from(const dynamic::FieldType& type, const py::handle& object,
                          const std::string& where) {
  using dynamic::FieldKind;
  switch (type.kind) {
    case FieldKind::u32:
      return {number_from(object, 0xffff'ffff, where)};
    case FieldKind::u64:
      return {number_from(object, ~std::uint64_t{0}, where)};
    case FieldKind::flag:
      if (!PyBool_Check(object.ptr())) refuse(where, "True or False", object);
      return {object.ptr() == Py_True};
    case FieldKind::bytes:
      if (!PyBytes_Check(object.ptr())) refuse(where, "bytes", object);
      return {bytes_from(object)};
    case FieldKind::hash: {
      if (!PyBytes_Check(object.ptr()) || PyBytes_GET_SIZE(object.ptr()) != 32) {
        refuse(where, "32 bytes", object);
      }
      Hash256 hash;
      std::memcpy(hash.data.data(), PyBytes_AS_STRING(object.ptr()), 32);
      return {hash};
    }
    case FieldKind::block:
      if (!py::isinstance<PyBlock>(object)) refuse(where, "a Block", object);
      return {py::cast<PyBlock>(object).ref};
    case FieldKind::payload:
      if (!py::isinstance<PyPayload>(object)) refuse(where, "a Payload", object);
      return {py::cast<PyPayload>(object).ref};
    case FieldKind::list:
      break;
  }
  if (!PyList_Check(object.ptr()) && !PyTuple_Check(object.ptr())) refuse(where, "a list", object);
  std::vector<dynamic::Value> list;
  for (const py::handle item : py::cast<py::sequence>(object)) {
    list.push_back(value_from(type.element.front(), item, where));
  }
  return {std::move(list)};
}

py::object object_from(const dynamic::FieldType& type, const dynamic::Value& value) {
  struct Visit {
    const dynamic::FieldType& type;
    py::object operator()(std::uint64_t v) const { return py::int_(v); }
    py::object operator()(bool v) const { return py::bool_(v); }
    py::object operator()(const Bytes& v) const { return bytes_of(v); }
    py::object operator()(const Hash256& v) const { return bytes_of(v.view()); }
    py::object operator()(const BlockRef& v) const { return py::cast(PyBlock{v}); }
    py::object operator()(const PayloadRef& v) const { return py::cast(PyPayload{v}); }
    py::object operator()(const std::vector<dynamic::Value>& v) const {
      py::list out(v.size());
      for (std::size_t i = 0; i < v.size(); ++i) out[i] = object_from(type.element.front(), v[i]);
      return out;
    }
  };
  return std::visit(Visit{type}, value.is);
}

/// A message class of Python beside its type here.
struct MessageClass {
  std::unique_ptr<dynamic::Type> type;
  py::object python;
  std::vector<std::string> names;
};

/// What a protocol's class says of itself. Lives as long as a registry knows it; dies under the
/// GIL.
struct Spec {
  py::object python;
  std::string name;
  std::vector<ParamInfo> params;
  std::vector<MessageClass> messages;
  bool own_tip = false;
  bool keeps_history = false;  // what is decided is kept on disk and decided again after a restart

  MessageRef message_from(const py::handle& object) const {
    for (const MessageClass& m : messages) {
      if (!py::type::handle_of(object).is(m.python)) continue;
      std::vector<dynamic::Value> values;
      for (std::size_t i = 0; i < m.names.size(); ++i) {
        values.push_back(value_from(m.type->fields[i], object.attr(m.names[i].c_str()),
                                    m.type->own_name + "." + m.names[i]));
      }
      return dynamic::make_message(*m.type, std::move(values));
    }
    throw py::type_error(py::cast<std::string>(py::repr(py::type::handle_of(object))) +
                         " is no message of " + name + ": add it to the class's `messages`");
  }
  py::object object_of(const Message& message) const {
    for (const MessageClass& m : messages) {
      const auto* values = dynamic::values_of(*m.type, message);
      if (values == nullptr) continue;
      py::tuple arguments(values->size());
      for (std::size_t i = 0; i < values->size(); ++i) {
        arguments[i] = object_from(m.type->fields[i], (*values)[i]);
      }
      return m.python(*arguments);
    }
    return py::none();
  }
};

// --- the module in the consensus slot

class Hosted;

/// What an instance inherits: its way back to the node it runs on.
struct ProtocolBase {
  Hosted* host = nullptr;
};

class Hosted final : public LogProtocol {
 public:
  Hosted(const ModuleContext& context, std::shared_ptr<const Spec> spec)
      : LogProtocol(context), spec_(std::move(spec)), genesis_(make_genesis(context.genesis_root)) {
    guarded("setup", nullptr, nullptr, [&] {
      instance_ = spec_->python();
      instance_.cast<ProtocolBase*>()->host = this;
      for (const ParamInfo& p : spec_->params) {
        const char* key = p.key.c_str();
        if (p.type == ParamType::flag) {
          instance_.attr(key) = context.params->flag(p.key);
        } else if (p.type == ParamType::choice || p.type == ParamType::text) {
          instance_.attr(key) = context.params->text(p.key);
        } else {
          instance_.attr(key) = context.params->integer(p.key);
        }
      }
      instance_.attr("setup")();
    });
  }
  ~Hosted() override {
    const py::gil_scoped_acquire gil;
    if (instance_) instance_.cast<ProtocolBase*>()->host = nullptr;
    instance_ = {};
    spec_.reset();
  }

  void restore(std::span<const Record> records) override {
    guarded("restore", nullptr, nullptr, [&] {
      py::list list;
      if (!records.empty()) last_record_ = durable_ = records.back().index;
      for (const Record& r : records) {
        if (spec_->keeps_history && r.bytes == Bytes{history_mark}) {
          history_.push_back(r.block);
          continue;
        }
        list.append(PyRecord{r.index,
                             bytes_of(ByteView(r.bytes).subspan(spec_->keeps_history ? 1 : 0)),
                             r.block ? std::optional(PyBlock{r.block}) : std::nullopt});
      }
      instance_.attr("restore")(list);
    });
  }
  void inspect(Inspector& inspector) const override {
    guarded("describe", nullptr, nullptr, [&] {
      for (const auto& [key, value] : py::cast<py::dict>(instance_.attr("describe")())) {
        inspector.field(py::cast<std::string>(py::str(key)), py::cast<std::string>(py::str(value)));
      }
    });
    LogProtocol::inspect(inspector);
  }

  // What instances may call.
  const Spec& spec() const { return *spec_; }
  const Input& input() const { return in_step(input_); }
  Effects& effects() const { return in_step(effects_); }
  /// The index that the record gets.
  std::uint64_t persist(Bytes bytes, BlockRef block) {
    if (spec_->keeps_history) bytes.insert(bytes.begin(), state_mark);
    effects().persist(std::move(bytes), std::move(block));
    return ++last_record_;
  }
  void truncate(std::uint64_t start) {
    if (start == 0) throw py::value_error("the first record has index 1");
    if (spec_->keeps_history) throw py::value_error("the kept history is in the same log");
    effects().truncate(start);
    last_record_ = std::min(last_record_, start - 1);
  }
  /// False, and nothing done, if the block does not follow on the last decided one.
  bool decide_next(const BlockRef& block) {
    if (block->parent != last_decided()->id) return false;
    if (spec_->keeps_history) {
      effects().persist({history_mark}, block);
      ++last_record_;
      history_.push_back(block);
    }
    decide(effects(), block);
    instance_.attr("on_decided")(PyBlock{block});
    return true;
  }
  Height height() const {
    return (spec_->keeps_history ? history_.size() : last_decided()->height) + 1;
  }
  const std::vector<BlockRef>& history() const {
    if (spec_->keeps_history) return history_;
    throw std::logic_error("there is a history to read only with keeps_history = True");
  }
  /// Handed to on_message once every record listed so far is durable.
  void keep_for_self(MessageRef message) { own_.push_back({last_record_, std::move(message)}); }
  /// A timer is named by a text or by a number.
  std::uint32_t timer_kind(const std::variant<std::uint32_t, std::string>& name) {
    const auto* text = std::get_if<std::string>(&name);
    const std::uint32_t kind = text != nullptr ? Purpose(*text).id : std::get<std::uint32_t>(name);
    timer_names_.insert_or_assign(kind, name);
    return kind;
  }
  const BlockRef& genesis() const { return genesis_; }
  using LogProtocol::applied;
  using LogProtocol::ask_for_payload;
  using LogProtocol::context;
  using LogProtocol::decide;
  using LogProtocol::last_decided;
  using LogProtocol::n;
  using LogProtocol::payload_asked;
  using LogProtocol::pending;
  using LogProtocol::self;

 private:
  void on_start(const Input& input, Effects& effects) override {
    take_part("on_start", input, effects, [&] { instance_.attr("on_start")(); });
  }
  void on_message(const Input& input, Effects& effects) override {
    take_part("on_message", input, effects,
              [&] { instance_.attr("on_message")(input.from, spec_->object_of(*input.message)); });
  }
  void on_timer(const Input& input, Effects& effects) override {
    take_part("on_timer", input, effects, [&] {
      instance_.attr("on_timer")(timer_names_.at(input.timer.kind), input.timer.key);
    });
  }
  void on_persisted(const Input& input, Effects& effects) override {
    take_part("on_persisted", input, effects,
              [&] { instance_.attr("on_persisted")(input.persisted_up_to); });
  }
  void on_pending(const Input& input, Effects& effects) override {
    take_part("on_pending", input, effects, [&] { instance_.attr("on_pending")(); });
  }
  void on_application_state(const Input& input, Effects& effects) override {
    for (const BlockRef& block : history_) decide(effects, block);
    take_part("on_application_state", input, effects, [&] {
      instance_.attr("on_application_state")(
          PyBlock{input.call->as<ApplicationState>()->final_block});
    });
  }
  bool want_payload() const override {
    return guarded("want_payload", nullptr, nullptr,
                   [&] { return py::cast<bool>(py::bool_(instance_.attr("want_payload")())); });
  }
  const BlockRef& history_tip() const override {
    if (!spec_->own_tip) return LogProtocol::history_tip();
    guarded("history_tip", nullptr, nullptr,
            [&] { tip_ = py::cast<PyBlock>(instance_.attr("history_tip")()).ref; });
    return tip_;
  }
  void on_payload(const Input& input, Effects& effects, PayloadRef payload) override {
    take_part("on_payload", input, effects,
              [&] { instance_.attr("on_payload")(PyPayload{std::move(payload)}); });
  }

  /// A hook of a step, then what the node has to tell itself.
  template <class F>
  void take_part(const char* hook, const Input& input, Effects& effects, F&& f) {
    if (input.kind == InputKind::persisted) durable_ = input.persisted_up_to;
    guarded(hook, &input, &effects, f);
    for (std::size_t count = 0; !own_.empty() && own_.front().first <= durable_; ++count) {
      if (count == 100'000) throw std::runtime_error("a node talks to itself without end");
      const MessageRef message = std::move(own_.front().second);
      own_.pop_front();
      guarded("on_message", &input, &effects,
              [&] { instance_.attr("on_message")(self(), spec_->object_of(*message)); });
    }
  }

  template <class T>
  T& in_step(T* what) const {
    if (what != nullptr) return *what;
    throw std::logic_error(
        "this can only be called in a hook that takes part in a step "
        "(on_start, on_message, on_timer, on_payload, on_persisted, ...)");
  }

  /// Calls Python with the GIL held; what it raises ends the run.
  template <class F>
  std::invoke_result_t<F> guarded(const char* hook, const Input* input, Effects* effects,
                                  F&& f) const {
    const py::gil_scoped_acquire gil;
    struct Scope {
      const Hosted& host;
      const Input* input = host.input_;
      Effects* effects = host.effects_;
      ~Scope() {
        host.input_ = input;
        host.effects_ = effects;
      }
    } const scope{*this};
    if (input != nullptr) {
      input_ = input;
      effects_ = effects;
      local_ = input->local;
    }
    try {
      return f();
    } catch (py::error_already_set& error) {
      auto kept = std::make_shared<py::error_already_set>(error);
      // pybind11 adds a list of frames below "At:"; the exception that is kept has its traceback.
      const std::string what = error.what();
      throw ProtocolFault(what.substr(0, what.rfind("\n\nAt:\n")), hook, self(), local_,
                          std::move(kept));
    }
  }

  std::shared_ptr<const Spec> spec_;
  py::object instance_;
  BlockRef genesis_;
  std::map<std::uint32_t, std::variant<std::uint32_t, std::string>> timer_names_;
  static constexpr Byte state_mark = 0;
  static constexpr Byte history_mark = 1;
  std::uint64_t last_record_ = 0;  // listed
  std::uint64_t durable_ = 0;
  std::vector<BlockRef> history_;
  std::deque<std::pair<std::uint64_t, MessageRef>> own_;  // with the record each waits for
  mutable BlockRef tip_;
  mutable const Input* input_ = nullptr;
  mutable Effects* effects_ = nullptr;
  mutable Time local_{};
};

Hosted& host_of(const ProtocolBase& base) {
  if (base.host != nullptr) return *base.host;
  throw std::logic_error(
      "this protocol runs on no node: ledgerlab makes the instances itself; "
      "set fields up in setup(), not in __init__()");
}

// --- from a class to a ModelInfo

template <class T>
T item(const py::dict& d, const char* key) {
  return py::cast<T>(d[key]);
}

std::vector<ParamInfo> read_params(const py::dict& d) {
  static const std::map<std::string, ParamType> types = {
      {"integer", ParamType::integer}, {"duration", ParamType::duration}, {"size", ParamType::size},
      {"rate", ParamType::rate},       {"ratio", ParamType::ratio},       {"flag", ParamType::flag},
      {"choice", ParamType::choice},   {"text", ParamType::text}};
  std::vector<ParamInfo> out;
  for (const py::handle h : d["params"]) {
    const auto p = py::cast<py::dict>(h);
    out.push_back({item<std::string>(p, "key"), types.at(item<std::string>(p, "kind")),
                   item<std::string>(p, "default"), item<std::string>(p, "text"),
                   item<std::optional<std::string>>(p, "low"),
                   item<std::optional<std::string>>(p, "high"),
                   item<std::vector<std::string>>(p, "choices")});
  }
  return out;
}

std::vector<MessageClass> read_messages(const py::dict& d) {
  static const std::map<std::string, Role> roles = {
      {"proposal", Role::proposal},       {"vote", Role::vote},
      {"certificate", Role::certificate}, {"view_change", Role::view_change},
      {"heartbeat", Role::heartbeat},     {"sync", Role::sync}};
  static const std::map<std::string, Auth> auths = {{"mac", Auth::mac},
                                                    {"signature", Auth::signature}};
  std::vector<MessageClass> out;
  std::uint16_t kind = 0;
  for (const py::handle h : d["messages"]) {
    const auto m = py::cast<py::dict>(h);
    MessageClass made;
    std::vector<dynamic::FieldType> fields;
    for (const py::handle f : m["fields"]) {
      const auto pair = py::cast<py::tuple>(f);
      made.names.push_back(py::cast<std::string>(pair[0]));
      fields.push_back(field_type(pair[1]));
    }
    made.type = std::make_unique<dynamic::Type>(
        ++kind, item<std::string>(m, "name"), roles.at(item<std::string>(m, "role")),
        auths.at(item<std::string>(m, "auth")), std::move(fields));
    made.type->role_if_empty = roles.at(item<std::string>(m, "role_if_empty"));
    made.python = m["class"];
    out.push_back(std::move(made));
  }
  return out;
}

ClientPolicy read_policy(const py::dict& d) {
  static const std::map<std::string, ClientPolicy::Ask> asks = {
      {"leader", ClientPolicy::Ask::leader},
      {"home", ClientPolicy::Ask::home},
      {"all", ClientPolicy::Ask::all}};
  ClientPolicy policy;
  policy.ask = asks.at(item<std::string>(d, "clients_ask"));
  const auto replies = item<std::string>(d, "client_replies");
  if (replies == "f+1") policy.replies = [](std::uint32_t n) { return (n - 1) / 3 + 1; };
  if (replies == "majority") policy.replies = [](std::uint32_t n) { return n / 2 + 1; };
  return policy;
}

/// A function of Python that is called now and then while the GIL is released.
struct Callable {
  explicit Callable(py::object callable)
      : function(new py::object(std::move(callable)), [](py::object* last) {
          const py::gil_scoped_acquire gil;
          delete last;
        }) {}
  std::shared_ptr<py::object> function;
};

std::shared_ptr<Model> make_model(const py::dict& d) {
  std::shared_ptr<Spec> spec(new Spec, [](Spec* last) {
    const py::gil_scoped_acquire gil;
    delete last;
  });
  spec->python = d["class"];
  spec->name = item<std::string>(d, "name");
  spec->params = read_params(d);
  spec->messages = read_messages(d);
  spec->own_tip = item<bool>(d, "own_tip");
  spec->keeps_history = item<bool>(d, "keeps_history");
  auto model = std::make_shared<Model>();
  ModelInfo& info = model->info;
  info.name = spec->name;
  info.version = item<std::uint32_t>(d, "version");
  info.family = item<std::string>(d, "family");
  info.summary = item<std::string>(d, "summary");
  info.paper = item<std::string>(d, "paper");
  info.source_digest = item<std::string>(d, "source_digest");
  info.params = log_protocol_params();
  info.params.insert(info.params.end(), spec->params.begin(), spec->params.end());
  info.client_policy = read_policy(d);
  info.fault_model.text = item<std::string>(d, "fault_text");
  info.fault_model.max_crashed = [f = Callable(d["max_crashed"])](std::uint32_t n) {
    const py::gil_scoped_acquire gil;
    return py::cast<std::uint32_t>((*f.function)(n));
  };
  if (!d["liveness_bound"].is_none()) {
    info.fault_model.liveness_bound = [f = Callable(d["liveness_bound"])](
                                          const Params& params, Duration delay, std::uint32_t n) {
      const py::gil_scoped_acquire gil;
      py::dict values;
      for (const auto& [key, value] : params.numbers()) values[py::str(key)] = value;
      for (const auto& [key, value] : params.texts()) values[py::str(key)] = value;
      return Duration{py::cast<std::int64_t>((*f.function)(values, delay.count(), n))};
    };
  }
  for (const MessageClass& m : spec->messages) info.messages.push_back(m.type.get());
  info.make = [spec](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<Hosted>(context, spec);
  };
  return model;
}

// --- what instances may call

BlockRef make_next_block(const ProtocolBase& base, const PyPayload& payload,
                         const std::optional<PyBlock>& parent) {
  const BlockRef& before = parent ? parent->ref : host_of(base).last_decided();
  return make_log_block(before->height + 1, before->id, payload.ref);
}

Gate gate_of(bool gated) { return gated ? Gate::gated : Gate::ungated; }

NodeRole role_of(const std::string& name) {
  static const std::map<std::string, NodeRole> roles = {{"follower", NodeRole::follower},
                                                        {"candidate", NodeRole::candidate},
                                                        {"leader", NodeRole::leader},
                                                        {"replica", NodeRole::replica}};
  const auto found = roles.find(name);
  if (found != roles.end()) return found->second;
  throw py::value_error("\"" + name + "\" is no role: follower, candidate, leader or replica");
}

std::uint64_t draw(const ProtocolBase& base, const std::string& purpose, std::uint64_t key,
                   std::uint64_t below) {
  const std::uint64_t bits = host_of(base).input().draw(Purpose(purpose), key);
  return below == 0 ? bits : draw_below(bits, below);
}

void bind_values(py::module_& m) {
  py::class_<PyPayload>(m, "Payload")
      .def("__len__", [](const PyPayload& p) { return p.ref->transactions.size(); })
      .def_property_readonly("size", [](const PyPayload& p) { return p.ref->bytes; })
      .def_property_readonly("root",
                             [](const PyPayload& p) { return bytes_of(p.ref->root.view()); });
  py::class_<PyBlock>(m, "Block")
      .def_property_readonly("height", [](const PyBlock& b) { return b.ref->height; })
      .def_property_readonly("id", [](const PyBlock& b) { return bytes_of(b.ref->id.view()); })
      .def_property_readonly("parent",
                             [](const PyBlock& b) { return bytes_of(b.ref->parent.view()); })
      .def_property_readonly("payload", [](const PyBlock& b) { return PyPayload{b.ref->payload}; })
      .def_property_readonly("size", [](const PyBlock& b) { return b.ref->bytes(); })
      .def("__eq__",
           [](const PyBlock& a, const py::object& other) {
             return py::isinstance<PyBlock>(other) && py::cast<PyBlock>(other).ref->id == a.ref->id;
           })
      .def("__hash__",
           [](const PyBlock& b) { return static_cast<Py_hash_t>(b.ref->id.tag() >> 1); })
      .def("__repr__", [](const PyBlock& b) {
        return "<Block " + std::to_string(b.ref->height) + " " + to_hex(b.ref->id).substr(0, 8) +
               ">";
      });
  py::class_<PyRecord>(m, "Record")
      .def_readonly("index", &PyRecord::index)
      .def_readonly("data", &PyRecord::data)
      .def_readonly("block", &PyRecord::block);
  py::class_<Model, std::shared_ptr<Model>>(m, "Model")
      .def(py::init(&make_model), py::arg("description"))
      .def_property_readonly("name", [](const Model& model) { return model.info.name; })
      .def_property_readonly("source_digest",
                             [](const Model& model) { return model.info.source_digest; });
}

void bind_reading(py::class_<ProtocolBase>& c) {
  c.def_property_readonly("id", [](const ProtocolBase& b) { return host_of(b).self(); });
  c.def_property_readonly("n", [](const ProtocolBase& b) { return host_of(b).n(); });
  c.def_property_readonly("local_time",
                          [](const ProtocolBase& b) { return count_ns(host_of(b).input().local); });
  c.def_property_readonly("wall_time",
                          [](const ProtocolBase& b) { return count_ns(host_of(b).input().wall); });
  c.def_property_readonly("genesis",
                          [](const ProtocolBase& b) { return PyBlock{host_of(b).genesis()}; });
  c.def_property_readonly("last_decided",
                          [](const ProtocolBase& b) { return PyBlock{host_of(b).last_decided()}; });
  c.def_property_readonly("height", [](const ProtocolBase& b) { return host_of(b).height(); });
  c.def(
      "history",
      [](const ProtocolBase& b, Height first, std::size_t most) {
        const auto& all = host_of(b).history();
        std::vector<PyBlock> out;
        for (Height h = std::max<Height>(first, 1); h <= all.size() && out.size() < most; ++h) {
          out.push_back({all[h - 1]});
        }
        return out;
      },
      py::arg("first"), py::arg("most") = 64);
  c.def_property_readonly("applied", [](const ProtocolBase& b) { return host_of(b).applied(); });
  c.def_property_readonly("pending",
                          [](const ProtocolBase& b) { return host_of(b).pending().count; });
  c.def_property_readonly("payload_asked",
                          [](const ProtocolBase& b) { return host_of(b).payload_asked(); });
  c.def("draw", &draw, py::arg("purpose"), py::arg("key") = 0, py::arg("below") = 0);
  c.def(
      "make_block",
      [](const ProtocolBase& b, const PyPayload& payload, const std::optional<PyBlock>& parent) {
        return PyBlock{make_next_block(b, payload, parent)};
      },
      py::arg("payload"), py::arg("parent") = py::none());
}

void bind_speaking(py::class_<ProtocolBase>& c) {
  using py::arg;
  c.def(
      "send",
      [](const ProtocolBase& b, NodeId to, const py::object& message, bool gated) {
        Hosted& h = host_of(b);
        if (to >= h.n()) throw py::index_error("there is no replica " + std::to_string(to));
        MessageRef sealed = h.effects().seal(h.spec().message_from(message));
        if (to == h.self()) return h.keep_for_self(std::move(sealed));
        h.effects().send(to, std::move(sealed), gate_of(gated));
      },
      arg("to"), arg("message"), arg("gated") = true);
  c.def(
      "broadcast",
      [](const ProtocolBase& b, const py::object& message, bool gated, bool to_self) {
        Hosted& h = host_of(b);
        const MessageRef sealed = h.effects().seal(h.spec().message_from(message));
        h.effects().broadcast(sealed, gate_of(gated));
        if (to_self) h.keep_for_self(sealed);
      },
      arg("message"), arg("gated") = true, arg("to_self") = false);
  c.def(
      "set_timer",
      [](const ProtocolBase& b, const std::variant<std::uint32_t, std::string>& name,
         std::int64_t delay, std::uint64_t key) {
        if (delay < 0) throw py::value_error("a timer cannot fire in the past");
        Hosted& h = host_of(b);
        h.effects().set_timer({h.timer_kind(name), key}, Duration{delay});
      },
      arg("name"), arg("delay"), arg("key") = 0);
  c.def(
      "cancel_timer",
      [](const ProtocolBase& b, const std::variant<std::uint32_t, std::string>& name,
         std::uint64_t key) {
        Hosted& h = host_of(b);
        h.effects().cancel_timer({h.timer_kind(name), key});
      },
      arg("name"), arg("key") = 0);
}

void bind_doing(py::class_<ProtocolBase>& c) {
  using py::arg;
  c.def(
      "persist",
      [](const ProtocolBase& b, const py::bytes& data, const std::optional<PyBlock>& block) {
        return host_of(b).persist(bytes_from(data), block ? block->ref : BlockRef{});
      },
      arg("data") = py::bytes(), arg("block") = py::none());
  c.def(
      "truncate", [](const ProtocolBase& b, std::uint64_t start) { host_of(b).truncate(start); },
      arg("start"));
  c.def(
      "forget",
      [](const ProtocolBase& b, std::uint64_t below) { host_of(b).effects().forget(below); },
      arg("below"));
  c.def(
      "decide",
      [](const ProtocolBase& b, const PyBlock& block) {
        Hosted& h = host_of(b);
        return h.decide_next(block.ref);
      },
      arg("block"));
  c.def(
      "decide",
      [](const ProtocolBase& b, const PyPayload& payload) {
        Hosted& h = host_of(b);
        return h.decide_next(make_next_block(b, payload, std::nullopt));
      },
      arg("payload"));
  c.def("ask_for_payload", [](const ProtocolBase& b) {
    Hosted& h = host_of(b);
    h.ask_for_payload(h.effects());
  });
  c.def(
      "announce_role",
      [](const ProtocolBase& b, const std::string& role, std::uint64_t term,
         std::optional<NodeId> leader) {
        host_of(b).effects().announce_role(role_of(role), term, leader.value_or(no_node));
      },
      arg("role"), arg("term"), arg("leader"));
  c.def(
      "work",
      [](const ProtocolBase& b, std::int64_t duration) {
        if (duration < 0) throw py::value_error("work takes no negative time");
        host_of(b).effects().work_time(Duration{duration});
      },
      arg("duration"));
  c.def(
      "note",
      [](const ProtocolBase& b, const std::string& text) { host_of(b).effects().note(text); },
      arg("text"));
}

}  // namespace

void bind_protocol(py::module_& m) {
  bind_values(m);
  py::class_<ProtocolBase> base(m, "ProtocolBase");
  base.def(py::init<>());
  bind_reading(base);
  bind_speaking(base);
  bind_doing(base);
}

}  // namespace ledgerlab::python
