// The interpreter: one function for each instruction and constant cost, made from the table and the
// bodies; one dispatch table for each fork. An instruction ends in a call of the next in tail
// position (threaded code), so that place, stack, gas and table never leave the registers. Builds
// that do not turn such calls into jumps (unoptimised, sanitizers) go through a loop instead.
#include <type_traits>
#include <utility>
#include <vector>

#include "models/contract/evm/analysis.hpp"
#include "models/contract/evm/bodies.hpp"
#include "models/contract/evm/evm.hpp"

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(LEDGERLAB_EVM_LOOP)
#define LEDGERLAB_EVM_THREADED 1
#else
#define LEDGERLAB_EVM_THREADED 0
#endif
#if defined(__clang__)
#define LEDGERLAB_TAIL [[clang::musttail]]
#else
#define LEDGERLAB_TAIL
#endif

namespace ledgerlab::evm {
namespace {

/// Goes on at `pc`.
[[gnu::always_inline]] inline void next(const Byte* pc, U256* top, std::int64_t gas, Frame& frame,
                                        const Instruction* table, U256* base) {
#if LEDGERLAB_EVM_THREADED
  LEDGERLAB_TAIL return table[*pc].run(pc, top, gas, frame, table, base);
#else
  static_cast<void>(table);
  static_cast<void>(base);
  frame.next_pc = pc;
  frame.next_top = top;
  frame.next_gas = gas;
#endif
}

void run(const Byte* pc, U256* base, std::int64_t gas, Frame& frame, const Instruction* table) {
#if LEDGERLAB_EVM_THREADED
  table[*pc].run(pc, base, gas, frame, table, base);
#else
  next(pc, base, gas, frame, table, base);
  while (frame.next_pc != nullptr) {
    const Byte* at = std::exchange(frame.next_pc, nullptr);
    table[*at].run(at, frame.next_top, frame.next_gas, frame, table, base);
  }
#endif
}

template <Opcode op>
void grow_and_retry(const Byte* pc, U256* top, std::int64_t gas, Frame& frame,
                    const Instruction* table, U256* base);

template <Opcode op, std::int32_t cost>
void instruction(const Byte* pc, U256* top, std::int64_t gas, Frame& frame,
                 const Instruction* table, U256* base) {
  constexpr OpcodeInfo info = info_of(op);
  constexpr int change = info.outputs - info.inputs;
  if constexpr (info.inputs > 0) {
    if (top < base + info.inputs) [[unlikely]] {
      frame.status = ContractStatus::stack_underflow;
      return;
    }
  }
  if constexpr (change > 0) {
    if (top > base + (static_cast<int>(stack_items_max) - change)) [[unlikely]] {
      frame.status = ContractStatus::stack_overflow;
      return;
    }
  }
  if constexpr (cost > 0) {
    gas -= cost;
    if (gas < 0) [[unlikely]]
      return;  // Frame::status says so from the start
  }
  using Body = std::remove_cvref_t<decltype(body<op>)>;
  const Byte* following = pc + 1 + info.immediate;
  if constexpr (std::is_invocable_v<Body, U256*>) {
    body<op>(top);
  } else if constexpr (std::is_invocable_r_v<bool, Body, U256*, Frame&>) {
    if (!body<op>(top, frame)) [[unlikely]] {
      LEDGERLAB_TAIL return grow_and_retry<op>(pc, top, gas, frame, table, base);
    }
  } else if constexpr (std::is_invocable_v<Body, U256*, Frame&>) {
    body<op>(top, frame);
  } else if constexpr (std::is_invocable_r_v<End, Body, U256*, std::int64_t, Frame&>) {
    body<op>(top, gas, frame);
    return;
  } else if constexpr (std::is_invocable_v<Body, U256*, std::int64_t, Frame&>) {
    gas = body<op>(top, gas, frame);
    if (gas < 0) [[unlikely]]
      return;
  } else if constexpr (std::is_invocable_v<Body, const Byte*, U256*, Frame&>) {
    following = body<op>(pc, top, frame);
    if (following == nullptr) [[unlikely]]
      return;
  } else {
    body<op>(pc, top, gas, frame);
  }
  LEDGERLAB_TAIL return next(following, top + change, gas, frame, table, base);
}

/// Lets the memory reach what an instruction needs, then does the instruction again; its constant
/// cost is paid. Apart from the instruction, which then needs no native frame.
template <Opcode op>
[[gnu::noinline]] void grow_and_retry(const Byte* pc, U256* top, std::int64_t gas, Frame& frame,
                                      const Instruction* table, U256* base) {
  gas = touch(frame, top[0], width<op>, gas);
  if (gas < 0) return;
  LEDGERLAB_TAIL return instruction<op, 0>(pc, top, gas, frame, table, base);
}

void undefined(const Byte*, U256*, std::int64_t, Frame& frame, const Instruction*, U256*) {
  frame.status = ContractStatus::undefined_instruction;
}

/// Tells the observer, then does the instruction.
void traced(const Byte* pc, U256* top, std::int64_t gas, Frame& frame, const Instruction* table,
            U256* base) {
  frame.observer->step(static_cast<std::size_t>(pc - frame.code), *pc, gas,
                       {base + 1, static_cast<std::size_t>(top - base)}, frame.message.depth);
  LEDGERLAB_TAIL return frame.untraced[*pc].run(pc, top, gas, frame, table, base);
}

using Table = std::array<Instruction, 256>;

template <Revision revision, std::size_t code>
constexpr Instruction instruction_of() {
  constexpr auto op = static_cast<Opcode>(code);
  constexpr std::int32_t cost = info_of(op).gas(revision);
  constexpr bool has_body = !std::is_same_v<std::remove_cvref_t<decltype(body<op>)>, Nothing>;
  static_assert(has_body == !info_of(op).name.empty(),
                "an opcode has a row and a body, or neither");
  if constexpr (cost == undefined_gas) {
    return {undefined};
  } else {
    return {instruction<op, cost>};
  }
}

template <std::size_t... codes>
constexpr std::array<Table, revision_count> make_tables(std::index_sequence<codes...>) {
  return {Table{instruction_of<frontier, codes>()...},
          Table{instruction_of<homestead, codes>()...},
          Table{instruction_of<tangerine_whistle, codes>()...},
          Table{instruction_of<spurious_dragon, codes>()...},
          Table{instruction_of<byzantium, codes>()...},
          Table{instruction_of<constantinople, codes>()...},
          Table{instruction_of<petersburg, codes>()...},
          Table{instruction_of<istanbul, codes>()...},
          Table{instruction_of<berlin, codes>()...},
          Table{instruction_of<london, codes>()...},
          Table{instruction_of<paris, codes>()...},
          Table{instruction_of<shanghai, codes>()...},
          Table{instruction_of<cancun, codes>()...}};
}
constexpr auto tables = make_tables(std::make_index_sequence<256>());

constexpr Table make_traced_table() {
  Table out{};
  out.fill({traced});
  return out;
}
constexpr Table traced_table = make_traced_table();

class Evm final : public ContractEngine {
 public:
  std::string_view name() const override { return "evm"; }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override;

 private:
  /// A frame's hold of its level; given back whatever happens.
  class Use {
   public:
    explicit Use(Evm& evm) : evm_(evm) {
      if (evm.levels_.size() == evm.running_) evm.levels_.push_back(std::make_unique<Level>());
      level_ = evm.levels_[evm.running_++].get();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      --evm_.running_;
      if (level_->memory_capacity > Level::kept_bytes_max) {
        level_->memory.reset();
        level_->memory_capacity = 0;
      }
    }
    Level& level() { return *level_; }

   private:
    Evm& evm_;
    Level* level_;
  };

  std::vector<std::unique_ptr<Level>> levels_;
  std::size_t running_ = 0;  // frames on their way
};

ContractResult Evm::execute(ContractHost& host, Revision revision, const ContractMessage& message,
                            const ContractCode& code) {
  const Analysis& analysis = analysis_of(code);
  const bool creates = message.kind == CallKind::create || message.kind == CallKind::create2;
  const Table& table = tables[static_cast<std::size_t>(revision)];
  Use use(*this);
  Level& level = use.level();
  Frame frame{.host = host,
              .message = message,
              .context = host.context(),
              .level = level,
              .code = analysis.code(),
              .code_size = code.bytes.size(),
              .call_data = creates ? ByteView() : message.input,
              .jump_destinations = analysis.jump_destinations(),
              .revision = revision,
              .observer = observer,
              .untraced = table.data(),
              .memory = level.memory.get()};
  if (observer != nullptr) observer->begin(message, code.bytes);
  run(frame.code, level.stack, message.gas, frame,
      observer == nullptr ? table.data() : traced_table.data());

  ContractResult result;
  result.status = frame.status;
  if (frame.status == ContractStatus::success) result.gas_refund = frame.refund;
  if (frame.status == ContractStatus::success || frame.status == ContractStatus::revert) {
    result.gas_left = frame.gas_left;
    if (frame.output_size != 0) {
      const Byte* output = frame.memory + frame.output_offset;
      result.output.assign(output, output + frame.output_size);
    }
  }
  if (observer != nullptr) observer->end(result);
  return result;
}

}  // namespace

std::unique_ptr<ContractEngine> make_evm() { return std::make_unique<Evm>(); }

}  // namespace ledgerlab::evm
