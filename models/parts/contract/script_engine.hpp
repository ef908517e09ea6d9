// What engines of scripts share: the program made of a code once, its methods found by selector, a
// machine of the language for each frame.
#pragma once

#include <memory>

#include "models/parts/contract/methods.hpp"

namespace ledgerlab::contract {

/// Program has `fault` (why the code is refused, or empty) and `methods`, and is a pure function of
/// the code's bytes and the limits.
template <class Program>
class ScriptEngine : public CodeEngine {
 public:
  using CodeEngine::CodeEngine;

 protected:
  virtual Program make(const Bytes& code) const = 0;
  /// Runs the method on a machine of its own; false with what the language raised.
  virtual bool call(Frame& frame, const Program& program, const Method& method,
                    const std::vector<AbiValue>& arguments, std::string& error) = 0;

  std::string check(const ContractCode& code) final { return program(code).fault; }
  void run(Frame& frame, const ContractCode& code) final {
    const Program& made = program(code);
    if (!made.fault.empty()) return frame.stop(ContractStatus::code_refused, made.fault);
    std::vector<AbiValue> arguments;
    const Method* method = made.methods.find(frame, arguments);
    if (method == nullptr) return;
    std::string error;
    if (!call(frame, made, *method, arguments, error)) {
      frame.stop(ContractStatus::contract_failure, error);
    }
  }

 private:
  const Program& program(const ContractCode& code) {
    if (!code.derived) code.derived = std::make_shared<const Program>(make(code.bytes));
    return *static_cast<const Program*>(code.derived.get());
  }
};

}  // namespace ledgerlab::contract
