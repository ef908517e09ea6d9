#include "models/contract/js/js.hpp"

#include <algorithm>

#include "models/contract/js/heap.hpp"
#include "models/contract/js/values.hpp"
#include "models/parts/contract/no_host.hpp"
#include "models/parts/contract/script_engine.hpp"

namespace ledgerlab::js {

namespace {

using contract::Frame;

/// What is made of a source once: its compiled program and the methods that its object names.
struct Program {
  std::string fault;  // why it is no contract; empty: it is one
  Bytes code;
  contract::Methods methods;
};

constexpr std::int64_t reading_gas = 10'000'000;  // for a source's own statements, once

/// Leaves the contract's object on the stack.
void run_program(duk_context* context, const Bytes& code) {
  open_library(context);
  run_code(context, code);
  if (!duk_is_object(context, -1)) {
    duk_type_error(context, "the program's value must be its object of methods");
  }
}

struct Reading {
  const Bytes& source;
  Program& program;
};

duk_ret_t read_program(duk_context* context, void* data) {
  auto& [source, program] = *static_cast<Reading*>(data);
  compile_in(context, {reinterpret_cast<const char*>(source.data()), source.size()}, "contract",
             program.code);
  run_program(context, program.code);
  std::vector<std::string> keys;
  duk_enum(context, -1, DUK_ENUM_OWN_PROPERTIES_ONLY);
  while (duk_next(context, -1, 1)) {
    if (!duk_is_function(context, -1)) {
      duk_type_error(context, "the object of methods holds functions under their signatures");
    }
    keys.emplace_back(duk_get_string(context, -2));
    duk_pop_2(context);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    const std::string why = program.methods.add(key);
    if (!why.empty()) duk_type_error(context, "%s", why.c_str());
  }
  return 0;
}

Program make_program(const Bytes& source, const contract::Limits& limits) {
  Program out;
  if (std::find(source.begin(), source.end(), Byte{0}) != source.end()) {
    out.fault = "not the text of a program";
    return out;
  }
  contract::NoHost host;
  ContractMessage message;
  message.gas = reading_gas;
  Frame frame(host, message, limits, nullptr);
  Heap heap(frame);
  Reading reading{source, out};
  std::string error;
  if (!heap.run(read_program, &reading, error)) {
    out.fault =
        frame.stopped() ? "its own statements do not end, or ask for the ledger: " + error : error;
  } else if (frame.stopped()) {
    out.fault = "its own statements do not end, or ask for the ledger";
  }
  return out;
}

struct Call {
  const Program& program;
  const contract::Method& method;
  const std::vector<contract::AbiValue>& arguments;
  Frame& frame;
};

duk_ret_t call_method(duk_context* context, void* data) {
  const auto& call = *static_cast<const Call*>(data);
  run_program(context, call.program.code);
  duk_get_prop_lstring(context, -1, call.method.key.data(), call.method.key.size());
  duk_require_stack(context, static_cast<duk_idx_t>(call.arguments.size()) + 8);
  for (const auto& argument : call.arguments) push_abi(context, argument);
  duk_call(context, static_cast<duk_idx_t>(call.arguments.size()));
  std::vector<contract::AbiValue> results;
  if (duk_is_array(context, -1)) {
    const duk_size_t size = duk_get_length(context, -1);
    if (size > 256) duk_range_error(context, "more than 256 results");
    for (duk_uarridx_t i = 0; i < size; ++i) {
      duk_get_prop_index(context, -1, i);
      results.push_back(to_abi(context, -1));
      duk_pop(context);
    }
  } else if (!duk_is_undefined(context, -1)) {
    results.push_back(to_abi(context, -1));
  }
  call.frame.finish(contract::abi_encode(results));
  return 0;
}

class Js final : public contract::ScriptEngine<Program> {
 public:
  using ScriptEngine::ScriptEngine;
  std::string_view name() const override { return "js"; }

 protected:
  Program make(const Bytes& code) const override { return make_program(code, limits()); }
  bool call(Frame& frame, const Program& program, const contract::Method& method,
            const std::vector<contract::AbiValue>& arguments, std::string& error) override {
    Heap heap(frame);
    Call call{program, method, arguments, frame};
    return heap.run(call_method, &call, error);
  }
};

}  // namespace

std::unique_ptr<contract::CodeEngine> make_js(contract::Limits limits) {
  return std::make_unique<Js>(limits);
}

}  // namespace ledgerlab::js
