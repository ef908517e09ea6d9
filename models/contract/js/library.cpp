// What a contract is offered: of the language only what is named here, everything else is taken
// away before the contract runs; then the ledger. Functions of Duktape that loop in C over whatever
// length an object claims are replaced by ones in JavaScript, which the budget sees.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "models/contract/js/heap.hpp"
#include "models/contract/js/values.hpp"

namespace ledgerlab::js {

namespace {

using contract::Frame;
using Names = std::set<std::string_view>;

Frame& frame_of(duk_context* context) { return Heap::of(context).frame(); }

/// Leaves the contract where the frame has been stopped. A handler of its own gets no further than
/// the next instruction that asks the budget, and the ledger answers nothing more.
void go_on(duk_context* context, bool going) {
  if (!going) duk_range_error(context, "stopped");
}

duk_ret_t forbidden(duk_context* context) {
  frame_of(context).stop(ContractStatus::nondeterminism,
                         "the contract asked for what differs between nodes");
  go_on(context, false);
  return 0;
}

// --- the ledger ----------------------------------------------------------------------------------

duk_ret_t item_get(duk_context* context) {
  const std::string key = check_text(context, 0);
  std::optional<Bytes> value;
  go_on(context, frame_of(context).load(as_bytes(key), value));
  if (!value) {
    duk_push_null(context);
  } else {
    push_text(context, {reinterpret_cast<const char*>(value->data()), value->size()});
  }
  return 1;
}

duk_ret_t item_number(duk_context* context) {
  const std::string key = check_text(context, 0);
  std::optional<Bytes> value;
  go_on(context, frame_of(context).load(as_bytes(key), value));
  const auto number = u256_from_big_endian(value ? ByteView(*value) : ByteView());
  if (!number) return duk_type_error(context, "getNumber: what is stored is no number");
  push_u256(context, *number);
  return 1;
}

duk_ret_t item_set(duk_context* context) {
  const std::string key = check_text(context, 0);
  const std::string value = duk_is_null_or_undefined(context, 1) ? "" : check_text(context, 1);
  go_on(context, frame_of(context).store(as_bytes(key), as_bytes(value)));
  return 0;
}

duk_ret_t item_set_number(duk_context* context) {
  const std::string key = check_text(context, 0);
  const Bytes value = to_minimal_big_endian(check_u256(context, 1));
  go_on(context, frame_of(context).store(as_bytes(key), value));
  return 0;
}

duk_ret_t balance(duk_context* context) {
  U256 value;
  go_on(context, frame_of(context).balance(check_address(context, 0), value));
  push_u256(context, value);
  return 1;
}

duk_ret_t call(duk_context* context) {
  const Address to = check_address(context, 0);
  const U256 value = check_u256(context, 1);
  const Bytes input = duk_is_null_or_undefined(context, 2) ? Bytes() : check_hex(context, 2);
  Frame::Answer answer;
  go_on(context,
        frame_of(context).call(to, value, input, std::numeric_limits<std::int64_t>::max(), answer));
  duk_push_object(context);
  duk_push_boolean(context, answer.success);
  duk_put_prop_string(context, -2, "success");
  push_text(context, contract::hex_text(answer.output));
  duk_put_prop_string(context, -2, "output");
  return 1;
}

duk_ret_t refuse_with(duk_context* context, int reason) {
  const std::string text =
      duk_is_null_or_undefined(context, reason) ? std::string() : check_text(context, reason);
  frame_of(context).refuse(text);
  go_on(context, false);
  return 0;
}
duk_ret_t refuse(duk_context* context) { return refuse_with(context, 0); }
duk_ret_t require(duk_context* context) {
  return duk_to_boolean(context, 0) ? 0 : refuse_with(context, 1);
}

duk_ret_t emit(duk_context* context) {
  const std::string signature = check_text(context, 0);
  const int indexed = duk_require_int(context, 1);
  std::vector<Hash256> topics(1);
  go_on(context, frame_of(context).hash(as_bytes(signature), topics[0]));
  std::vector<contract::AbiValue> values;
  for (int i = 2; i < duk_get_top(context); ++i) {
    contract::AbiValue value = to_abi(context, i);
    if (i - 2 < indexed) {
      topics.push_back(to_big_endian(value.number));
    } else {
      values.push_back(std::move(value));
    }
  }
  if (topics.size() > 4) return duk_type_error(context, "emit: at most three values are indexed");
  go_on(context, frame_of(context).log(contract::abi_encode(values), topics));
  return 0;
}

duk_ret_t keccak(duk_context* context) {
  Hash256 hash;
  go_on(context, frame_of(context).hash(check_hex(context, 0), hash));
  push_text(context, contract::hex_text(hash.view()));
  return 1;
}

duk_ret_t encode(duk_context* context) {
  const std::string signature = check_text(context, 0);
  go_on(context, frame_of(context).charge(contract::price::hash));
  const contract::Selector selector = contract::selector_of(signature);
  std::vector<contract::AbiValue> values;
  for (int i = 1; i < duk_get_top(context); ++i) values.push_back(to_abi(context, i));
  Bytes out(selector.begin(), selector.end());
  const Bytes arguments = contract::abi_encode(values);
  out.insert(out.end(), arguments.begin(), arguments.end());
  push_text(context, contract::hex_text(out));
  return 1;
}

/// The keys of an object, in Duktape's order: array indices ascending, then as they were made.
duk_ret_t keys(duk_context* context) {
  duk_require_object(context, 0);
  duk_enum(context, 0, DUK_ENUM_OWN_PROPERTIES_ONLY);
  const duk_idx_t order = duk_get_top_index(context);
  const duk_idx_t out = duk_push_array(context);
  for (duk_uarridx_t i = 0; duk_next(context, order, 0); ++i) {
    go_on(context, frame_of(context).charge_steps(4));
    duk_put_prop_index(context, out, i);
  }
  return 1;
}

// --- numbers of 256 bits, as decimal text --------------------------------------------------------

duk_ret_t give(duk_context* context, const std::optional<U256>& value, const char* why) {
  if (!value) {
    frame_of(context).refuse(why);
    go_on(context, false);
  }
  push_u256(context, *value);
  return 1;
}
duk_ret_t add_numbers(duk_context* context) {
  return give(context, checked_add(check_u256(context, 0), check_u256(context, 1)),
              "arithmetic overflow");
}
duk_ret_t subtract_numbers(duk_context* context) {
  return give(context, checked_subtract(check_u256(context, 0), check_u256(context, 1)),
              "arithmetic underflow");
}
duk_ret_t multiply_numbers(duk_context* context) {
  return give(context, checked_multiply(check_u256(context, 0), check_u256(context, 1)),
              "arithmetic overflow");
}
duk_ret_t divide_numbers(duk_context* context) {
  const U256 divisor = check_u256(context, 1);
  const auto quotient =
      divisor.is_zero() ? std::nullopt : std::optional(check_u256(context, 0) / divisor);
  return give(context, quotient, "division by zero");
}
duk_ret_t modulo_numbers(duk_context* context) {
  const U256 divisor = check_u256(context, 1);
  const auto rest =
      divisor.is_zero() ? std::nullopt : std::optional(check_u256(context, 0) % divisor);
  return give(context, rest, "division by zero");
}
duk_ret_t compare_numbers(duk_context* context) {
  const U256 a = check_u256(context, 0);
  const U256 b = check_u256(context, 1);
  duk_push_int(context, a < b ? -1 : a == b ? 0 : 1);
  return 1;
}

struct Function {
  const char* name;
  duk_c_function function;
  duk_idx_t arguments;
};

constexpr Function functions[] = {
    {"get", item_get, 1},
    {"getNumber", item_number, 1},
    {"set", item_set, 2},
    {"setNumber", item_set_number, 2},
    {"balance", balance, 1},
    {"call", call, 3},
    {"revert", refuse, 1},
    {"require", require, 2},
    {"emit", emit, DUK_VARARGS},
    {"keccak", keccak, 1},
    {"encode", encode, DUK_VARARGS},
    {"keys", keys, 1},
    {"Date", forbidden, 0},
    {"eval", forbidden, 0},
    {"Function", forbidden, 0},
    {"print", forbidden, 0},
    {"setTimeout", forbidden, 0},
    {"WeakRef", forbidden, 0},
};
constexpr Function arithmetic[] = {
    {"add", add_numbers, 2},    {"sub", subtract_numbers, 2}, {"mul", multiply_numbers, 2},
    {"div", divide_numbers, 2}, {"mod", modulo_numbers, 2},   {"cmp", compare_numbers, 2},
};

void put(duk_context* context, std::span<const Function> list) {
  for (const Function& entry : list) {
    duk_push_c_function(context, entry.function, entry.arguments);
    duk_put_prop_string(context, -2, entry.name);
  }
}

/// Of each object, by its path from the global one, what stays.
const std::map<std::string_view, Names>& kept() {
  static const std::map<std::string_view, Names> table = {
      {"Object", {"prototype"}},
      {"Object.prototype", {"constructor", "hasOwnProperty", "toString", "valueOf"}},
      {"Function.prototype", {"call", "toString"}},
      {"Array", {"prototype", "isArray"}},
      {"Array.prototype", {"constructor", "push", "pop"}},
      {"String", {"prototype", "fromCharCode"}},
      {"String.prototype",
       {"constructor", "charAt", "charCodeAt", "slice", "substring", "toString", "valueOf",
        "toLowerCase", "toUpperCase"}},
      {"Boolean", {"prototype"}},
      {"Boolean.prototype", {"constructor", "toString", "valueOf"}},
      {"Number", {"prototype", "MAX_SAFE_INTEGER", "MIN_SAFE_INTEGER"}},
      {"Number.prototype", {"constructor", "toString", "valueOf"}},
      {"Math", {"abs", "ceil", "floor", "max", "min"}},
      {"Error.prototype", {"constructor", "message", "name", "toString"}},
      {"RegExp.prototype", {}},  // literals still make such objects; nothing works on them
  };
  return table;
}
const Names kept_globals = {"NaN",       "Infinity",  "undefined",  "Object",         "Function",
                            "Array",     "String",    "Boolean",    "Number",         "Math",
                            "Error",     "EvalError", "RangeError", "ReferenceError", "SyntaxError",
                            "TypeError", "URIError",  "isNaN",      "isFinite",       "parseInt"};

/// Takes every property that is not named from the object on top of the stack.
void keep_only(duk_context* context, const Names& names) {
  duk_enum(context, -1, DUK_ENUM_OWN_PROPERTIES_ONLY | DUK_ENUM_INCLUDE_NONENUMERABLE);
  std::vector<std::string> all;
  while (duk_next(context, -1, 0)) {
    all.emplace_back(duk_get_string(context, -1));
    duk_pop(context);
  }
  duk_pop(context);
  for (const std::string& name : all) {
    if (names.contains(name) || name == "length" || name == "name") continue;
    duk_push_lstring(context, name.data(), name.size());
    // Made configurable first: a few are not.
    duk_def_prop(context, -2, DUK_DEFPROP_FORCE | DUK_DEFPROP_SET_CONFIGURABLE);
    duk_del_prop_lstring(context, -1, name.data(), name.size());
  }
}

void restrict_language(duk_context* context) {
  for (const auto& [path, names] : kept()) {
    const std::size_t dot = path.find('.');
    duk_get_global_lstring(context, path.data(), std::min(dot, path.size()));
    if (dot != std::string_view::npos) {
      duk_get_prop_lstring(context, -1, path.data() + dot + 1, path.size() - dot - 1);
    }
    keep_only(context, names);
    duk_set_top(context, 0);
  }
  duk_push_global_object(context);
  keep_only(context, kept_globals);
  duk_pop(context);
}

constexpr std::string_view prelude = R"js((function () {
  function define(object, methods) { for (var name in methods) object[name] = methods[name]; }
  define(Array.prototype, {
    indexOf: function (value) {
      for (var i = 0; i < this.length; i++) if (this[i] === value) return i;
      return -1;
    },
    join: function (separator) {
      var out = '', between = separator === undefined ? ',' : separator;
      for (var i = 0; i < this.length; i++) {
        var item = this[i];
        out += (i > 0 ? between : '') + (item === null || item === undefined ? '' : item);
      }
      return out;
    },
    slice: function (from, to) {
      var out = [], end = to === undefined || to > this.length ? this.length : to;
      for (var i = from === undefined ? 0 : from; i < end; i++) out.push(this[i]);
      return out;
    },
    forEach: function (f) { for (var i = 0; i < this.length; i++) f(this[i], i, this); },
    map: function (f) {
      var out = [];
      for (var i = 0; i < this.length; i++) out.push(f(this[i], i, this));
      return out;
    },
    toString: function () { return this.join(); }
  });
  String.prototype.indexOf = function (part) {
    for (var i = 0; i + part.length <= this.length; i++) {
      if (this.substring(i, i + part.length) === part) return i;
    }
    return -1;
  };
})())js";

const Bytes& prelude_code() {
  static const Bytes code = compile(prelude, "prelude");
  return code;
}

void open_message(duk_context* context) {
  const Frame& frame = frame_of(context);
  duk_push_object(context);
  push_text(context, contract::hex_text(frame.message().sender.view()));
  duk_put_prop_string(context, -2, "sender");
  push_text(context, contract::hex_text(frame.message().recipient.view()));
  duk_put_prop_string(context, -2, "self");
  push_text(context, contract::hex_text(frame.context().origin.view()));
  duk_put_prop_string(context, -2, "origin");
  push_u256(context, frame.message().value);
  duk_put_prop_string(context, -2, "value");
  duk_put_global_string(context, "msg");
  duk_push_object(context);
  push_u256(context, U256(static_cast<std::uint64_t>(frame.context().block_number)));
  duk_put_prop_string(context, -2, "number");
  push_u256(context, U256(static_cast<std::uint64_t>(frame.context().timestamp)));
  duk_put_prop_string(context, -2, "timestamp");
  duk_put_global_string(context, "block");
}

}  // namespace

void open_library(duk_context* context) {
  restrict_language(context);
  // A function's constructor is the way to code made of text.
  duk_get_global_string(context, "Function");
  duk_get_prop_string(context, -1, "prototype");
  duk_push_c_function(context, forbidden, 0);
  duk_put_prop_string(context, -2, "constructor");
  duk_set_top(context, 0);
  duk_push_global_object(context);
  put(context, functions);
  duk_push_object(context);
  put(context, arithmetic);
  duk_put_prop_string(context, -2, "u256");
  duk_get_prop_string(context, -1, "Math");
  duk_push_c_function(context, forbidden, 0);
  duk_put_prop_string(context, -2, "random");
  duk_set_top(context, 0);
  open_message(context);
  run_code(context, prelude_code());
  duk_set_top(context, 0);
}

}  // namespace ledgerlab::js
