#include "models/contract/wasm/vm.hpp"

#include <cstdio>
#include <cstring>
#include <vector>

#include "wabt/binary-reader.h"
#include "wabt/error.h"
#include "wabt/interp/binary-reader-interp.h"
#include "wabt/interp/interp.h"

// Debian's libwabt.a is built for programs: it reads these three of the C library in a way that a
// shared library cannot. CMakeLists.txt gives them other names in a copy.
extern "C" {
__attribute__((visibility("hidden"))) FILE* ledgerlab_wabt_stdin = stdin;
__attribute__((visibility("hidden"))) FILE* ledgerlab_wabt_stdout = stdout;
__attribute__((visibility("hidden"))) FILE* ledgerlab_wabt_stderr = stderr;
}

namespace ledgerlab::wasm {

namespace {

namespace interp = wabt::interp;
using wabt::Type;

constexpr std::uint32_t locals_max = 256;
constexpr std::uint32_t table_max = 1024;
constexpr std::uint32_t page_bytes = 65'536;
constexpr std::int64_t steps_per_charge = 64;

// Func::Call runs a function to its end; budgets want its single steps, and the way to begin one is
// private in this version (interp.h, Thread::PushCall). An explicit instantiation may name it.
template <class Tag, typename Tag::type member>
struct Reach {
  friend typename Tag::type reach(Tag) { return member; }
};
struct PushCall {
  using type = interp::RunResult (interp::Thread::*)(const interp::DefinedFunc&,
                                                     interp::Trap::Ptr*);
  friend type reach(PushCall);
};
template struct Reach<PushCall, &interp::Thread::PushCall>;

bool integer(Type type) { return type == Type::I32 || type == Type::I64; }

/// Untyped (`drop`, control) or of integers.
bool without_floats(Type type) {
  return type != Type::F32 && type != Type::F64 && type != Type::V128;
}

std::string type_text(const interp::FuncType& type) {
  std::string out;
  for (const Type& param : type.params) out += param == Type::I64 ? 'l' : 'i';
  out += ':';
  for (const Type& result : type.results) out += result == Type::I64 ? 'l' : 'i';
  return out;
}

std::string check_types(const interp::ModuleDesc& desc) {
  const char* floats = "floating-point or vector types";
  for (const auto& type : desc.func_types) {
    for (const Type& param : type.params) {
      if (!integer(param)) return floats;
    }
    for (const Type& result : type.results) {
      if (!integer(result)) return floats;
    }
  }
  for (const auto& function : desc.funcs) {
    std::uint32_t locals = 0;
    for (const auto& local : function.locals) {
      if (!integer(local.type)) return floats;
      if (local.count > locals_max || (locals += local.count) > locals_max) {
        return "a function with more than 256 locals";
      }
    }
  }
  for (const auto& global : desc.globals) {
    if (!integer(global.type.type)) return floats;
  }
  // Every instruction, wherever its function is reached from.
  for (interp::Istream::Offset at = 0; at < desc.istream.end();) {
    const wabt::Opcode op = desc.istream.Read(&at).op;
    if (!without_floats(op.GetResultType()) || !without_floats(op.GetParamType1()) ||
        !without_floats(op.GetParamType2()) || !without_floats(op.GetParamType3())) {
      return std::string("the instruction ") + op.GetName() +
             ": results of floating-point arithmetic may differ between machines";
    }
  }
  return {};
}

std::string check_parts(const interp::ModuleDesc& desc, const Limits& limits) {
  if (!desc.starts.empty()) return "a start function";
  if (desc.memories.size() != 1) return "not exactly one memory of its own";
  if (desc.memories[0].type.limits.initial > limits.pages) return "more memory than a frame has";
  for (const auto& table : desc.tables) {
    if (table.type.limits.initial > table_max) return "a table with more than 1,024 elements";
  }
  for (const auto& import : desc.imports) {
    if (import.type.module != "ledger" || import.type.type->kind != interp::ExternKind::Func) {
      return "the import " + import.type.module + "." + import.type.name +
             ": only functions of \"ledger\" are offered";
    }
  }
  return {};
}

}  // namespace

struct Module {
  interp::ModuleDesc desc;
  std::vector<std::size_t> imports;  // index in the table of what the module imports
  const Import* table = nullptr;
};

std::shared_ptr<const Module> read_module(const std::uint8_t* bytes, std::size_t size,
                                          const Limits& limits, std::string& fault) {
  wabt::Features features;
  features.disable_bulk_memory();
  features.disable_reference_types();
  features.disable_simd();
  features.disable_multi_value();
  features.disable_sat_float_to_int();
  const wabt::ReadBinaryOptions options(features, nullptr, false, true, true);
  wabt::Errors errors;
  auto module = std::make_shared<Module>();
  module->table = limits.imports;
  if (wabt::Failed(
          interp::ReadBinaryInterp("contract", bytes, size, options, &errors, &module->desc))) {
    fault = errors.empty() ? "not a WebAssembly module" : errors.front().message;
    return nullptr;
  }
  interp::ModuleDesc& desc = module->desc;
  fault = check_parts(desc, limits);
  if (fault.empty()) fault = check_types(desc);
  for (std::size_t i = 0; fault.empty() && i < desc.imports.size(); ++i) {
    const auto& type = static_cast<const interp::FuncType&>(*desc.imports[i].type.type);
    std::size_t index = 0;
    while (index < limits.import_count && desc.imports[i].type.name != limits.imports[index].name) {
      ++index;
    }
    if (index == limits.import_count || type_text(type) != limits.imports[index].type) {
      fault =
          "the import ledger." + desc.imports[i].type.name + " does not exist or has another type";
    }
    module->imports.push_back(index);
  }
  if (!fault.empty()) return nullptr;
  auto& memory = desc.memories[0].type.limits;
  if (!memory.has_max || memory.max > limits.pages) {
    memory.has_max = true;
    memory.max = limits.pages;
  }
  return module;
}

namespace {

const interp::ExportDesc* find_export(const interp::ModuleDesc& desc, const char* name) {
  for (const auto& item : desc.exports) {
    if (item.type.name != name || item.type.type->kind != interp::ExternKind::Func) continue;
    const auto& type = static_cast<const interp::FuncType&>(*item.type.type);
    if (type.params.empty() && type.results.empty() && item.index >= desc.imports.size()) {
      return &item;
    }
  }
  return nullptr;
}

/// One instance and its thread.
class Running {
 public:
  Running(const Module& module, Environment& environment)
      : module_(module), environment_(environment) {}

  End go(const char* name, std::string& why) {
    interp::Trap::Ptr trap;
    auto module = interp::Module::New(store_, module_.desc);
    interp::RefVec imports;
    for (std::size_t i = 0; i < module_.imports.size(); ++i) {
      const auto& type = static_cast<const interp::FuncType&>(*module_.desc.imports[i].type.type);
      const std::size_t index = module_.imports[i];
      imports.push_back(
          interp::HostFunc::New(store_, type,
                                [this, index](auto&, const auto& params, auto& results, auto* out) {
                                  return call(index, params, results, out);
                                })
              .ref());
    }
    auto instance = interp::Instance::Instantiate(store_, module.ref(), imports, &trap);
    if (!instance) {
      why = trap ? trap->message() : "no instance";
      return End::trapped;
    }
    memory_ = store_.UnsafeGet<interp::Memory>(instance->memories()[0]);
    const auto* entry = find_export(module_.desc, name);
    auto function = store_.UnsafeGet<interp::DefinedFunc>(instance->funcs()[entry->index]);
    interp::Thread thread(store_);
    if (!pay()) return End::stopped;
    if ((thread.*reach(PushCall()))(*function, &trap) != interp::RunResult::Ok) {
      why = trap->message();
      return End::trapped;
    }
    interp::RunResult result = interp::RunResult::Ok;
    while (result == interp::RunResult::Ok) {
      result = thread.Step(&trap);
      if (++steps_ == steps_per_charge && !pay()) return End::stopped;
    }
    if (!pay() || ended_) return End::stopped;
    if (result == interp::RunResult::Return) return End::returned;
    why = trap ? trap->message() : "an exception";
    return End::trapped;
  }

 private:
  bool pay() {
    const std::uint64_t pages = memory_->ByteSize() / page_bytes;
    const bool fine = environment_.charge(steps_, static_cast<std::int64_t>(pages - pages_));
    steps_ = 0;
    pages_ = pages;
    return fine;
  }

  wabt::Result call(std::size_t index, const interp::Values& params, interp::Values& results,
                    interp::Trap::Ptr* trap) {
    std::uint64_t arguments[8] = {};
    const char* type = module_.table[index].type;
    for (std::size_t i = 0; i < params.size(); ++i) {
      arguments[i] = type[i] == 'l' ? params[i].Get<interp::u64>() : params[i].Get<interp::u32>();
    }
    std::uint64_t result = 0;
    if (!pay() || !environment_.call(index, arguments, result,
                                     {memory_->UnsafeData(), memory_->ByteSize()})) {
      ended_ = true;
      *trap = interp::Trap::New(store_, "the frame has ended");
      return wabt::Result::Error;
    }
    if (!results.empty()) {
      results[0] = type[params.size() + 1] == 'l'
                       ? interp::Value::Make(static_cast<interp::u64>(result))
                       : interp::Value::Make(static_cast<interp::u32>(result));
    }
    return wabt::Result::Ok;
  }

  const Module& module_;
  Environment& environment_;
  interp::Store store_;
  interp::Memory::Ptr memory_;
  std::int64_t steps_ = 0;
  std::uint64_t pages_ = 0;
  bool ended_ = false;
};

}  // namespace

bool has_export(const Module& module, const char* name) {
  return find_export(module.desc, name) != nullptr;
}

End run(const Module& module, const char* name, Environment& environment, std::string& why) {
  return Running(module, environment).go(name, why);
}

}  // namespace ledgerlab::wasm
