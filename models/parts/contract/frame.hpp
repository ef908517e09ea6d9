// What the engines for scripts, modules and processes have in common: one frame's budget and its
// door to the ledger, the container that a deployment carries, and the engine's outer half. A
// contract never sees the host itself; whatever it asks for is charged here, and once the frame
// has been stopped nothing more happens, however the language goes on (a caught error, a handler).
#pragma once

#include <exception>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/contract.hpp"

namespace ledgerlab::contract {

/// Gas for what a contract asks of the ledger, the same for every engine. Ethereum's figures of
/// London for a cold access; items are byte strings, charged by words of 32 bytes.
namespace price {
inline constexpr std::int64_t load = 2'100;
inline constexpr std::int64_t store = 5'000;
inline constexpr std::int64_t item_word = 100;  // key and value, read or written
inline constexpr std::int64_t balance = 2'600;
inline constexpr std::int64_t call = 2'600;
inline constexpr std::int64_t call_value = 9'000;
inline constexpr std::int64_t create = 32'000;
inline constexpr std::int64_t log = 375;
inline constexpr std::int64_t log_topic = 375;
inline constexpr std::int64_t log_byte = 8;
inline constexpr std::int64_t hash = 30;
inline constexpr std::int64_t hash_word = 6;
inline constexpr std::int64_t copy_word = 3;
inline constexpr std::int64_t check_word = 320;  // a deployment's code is read and compiled
inline constexpr std::int64_t memory_word = 1;   // 32 bytes taken from the allocator
}  // namespace price

/// An engine's own figures.
struct Limits {
  std::int64_t frame_gas = 0;                       // for setting up a frame
  std::int64_t step_gas = 1;                        // one instruction of its machine
  std::size_t memory_bytes = std::size_t{8} << 20;  // of one frame
  std::int32_t depth = 24;  // frames one in another: each takes native stack
};

/// Sees what a contract reads and writes of its own data, frame by frame (read/write sets).
class AccessSink {
 public:
  virtual ~AccessSink() = default;
  virtual void begin(const ContractMessage& message) = 0;
  virtual void read(const Address& account, ByteView key, const std::optional<Bytes>& value) = 0;
  virtual void write(const Address& account, ByteView key, ByteView value) = 0;
  virtual void end(bool kept) = 0;  // false: what this frame and those below wrote is undone
};

/// Collects the read set (first value seen from outside) and the write set (last value) of one
/// transaction. Reads of a frame that was undone stay: its outcome depended on them.
class AccessSet final : public AccessSink {
 public:
  using Key = std::pair<Address, Bytes>;
  void begin(const ContractMessage& message) override;
  void read(const Address& account, ByteView key, const std::optional<Bytes>& value) override;
  void write(const Address& account, ByteView key, ByteView value) override;
  void end(bool kept) override;
  const std::map<Key, std::optional<Bytes>>& reads() const { return reads_; }
  /// An empty value erases.
  const std::map<Key, Bytes>& writes() const { return writes_; }

 private:
  std::map<Key, std::optional<Bytes>> reads_;
  std::map<Key, Bytes> writes_;
  std::vector<std::map<Key, Bytes>> before_;  // the write set when each open frame began
};

class Frame {
 public:
  Frame(ContractHost& host, const ContractMessage& message, const Limits& limits,
        AccessSink* accesses);
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  const ContractMessage& message() const { return message_; }
  const ContractContext& context() const { return host_.context(); }
  const Limits& limits() const { return limits_; }
  bool creating() const;
  /// A call's input; a creation's constructor arguments.
  ByteView input() const { return input_; }
  void set_input(ByteView input) { input_ = input; }
  std::int64_t gas() const { return gas_; }

  // All of these are false once the frame has been stopped, by them or earlier.
  bool charge(std::int64_t gas);
  bool charge_steps(std::int64_t steps) { return charge(steps * limits_.step_gas); }
  bool charge_bytes(std::size_t bytes, std::int64_t per_word);
  bool load(ByteView key, std::optional<Bytes>& value);
  bool store(ByteView key, ByteView value);
  bool balance(const Address& account, U256& value);
  bool log(ByteView data, std::span<const Hash256> topics);
  bool hash(ByteView data, Hash256& value);

  struct Answer {
    bool success = false;
    Bytes output;
  };
  /// At most 63/64 of the gas is given (EIP-150). Too deep or too poor: no success, no call.
  bool call(const Address& to, const U256& value, ByteView input, std::int64_t gas, Answer& answer);

  /// Creates a contract (no value) from its creation code; false: it is refused or failed, or this
  /// frame has been stopped.
  bool create(ByteView code, Address& created, std::string& reason);

  /// Ends the frame as failed; the first reason stays.
  void stop(ContractStatus status, std::string reason);
  bool stopped() const { return status_ != ContractStatus::success; }
  /// The contract's own end: success with this output, or its refusal.
  void finish(Bytes output);
  void refuse(Bytes output, std::string reason);
  /// Refuses with Solidity's Error(string).
  void refuse(std::string_view reason);
  bool finished() const { return finished_; }

  ContractResult result();

 private:
  template <class Ask>
  bool guarded(Ask ask);

  ContractHost& host_;
  const ContractMessage& message_;
  const Limits& limits_;
  AccessSink* accesses_;
  ByteView input_;
  std::int64_t gas_;
  std::int64_t refund_ = 0;
  ContractStatus status_ = ContractStatus::success;
  bool finished_ = false;
  Bytes output_;
  std::string reason_;
  std::exception_ptr thrown_;  // the host's own, passed on when the machine has been left
};

/// What a deployment carries: code and the constructor's arguments, told apart. `magic`, the code's
/// length in four bytes, most significant first, the code, the arguments in the ABI's encoding.
Bytes deployment(ByteView code, ByteView arguments);
struct Deployment {
  ByteView code;
  ByteView arguments;
};
std::optional<Deployment> read_deployment(ByteView bytes);

/// An engine whose code is not made by code: a creation checks it, runs its initialiser and keeps
/// it as it is.
class CodeEngine : public ContractEngine {
 public:
  explicit CodeEngine(Limits limits) : limits_(limits) {}
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) final;
  const Limits& limits() const { return limits_; }
  AccessSink* accesses = nullptr;

 protected:
  /// Why this is no contract of the engine; empty: it is one. Called for creations.
  virtual std::string check(const ContractCode& code) = 0;
  /// Runs the constructor or a call; says its end to the frame. Does not throw.
  virtual void run(Frame& frame, const ContractCode& code) = 0;

 private:
  Limits limits_;
};

}  // namespace ledgerlab::contract
