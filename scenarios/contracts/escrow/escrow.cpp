// Holds the ledger's own currency between two parties: the payer releases, the payee refunds.
#include "../sdk/contract.hpp"

using namespace contract;

namespace {

enum State : std::uint64_t { none, held, released, refunded };

std::vector<Bytes> deposit(const Arguments& arguments) {
  const Bytes deal = arguments.word(0), payee = arguments.account(1);
  require(get_number("state" + deal) == none, "escrow: taken");
  require(payee != Bytes(20, '\0'), "escrow: nobody");
  require(msg.value != 0, "escrow: nothing");
  set("payer" + deal, msg.sender);
  set("payee" + deal, payee);
  set("amount" + deal, msg.value);
  set("state" + deal, Word(held));
  emit("Deposited(bytes32,address,address,uint256)", 3,
       {deal, msg.sender, payee, msg.value.bytes()});
  return {};
}

void finish(const Bytes& deal, const char* who, const char* refusal, State state, const char* event,
            const char* to) {
  require(get_number("state" + deal) == held, "escrow: not held");
  require(get(who + deal) == msg.sender, refusal);
  // Before the payment: a call back into this contract finds the deal closed.
  set("state" + deal, Word(state));
  emit(event, 1, {deal});
  require(call(get(to + deal), get_number("amount" + deal)), "escrow: payment failed");
}

std::vector<Bytes> release(const Arguments& arguments) {
  finish(arguments.word(0), "payer", "escrow: not the payer", released, "Released(bytes32)",
         "payee");
  return {};
}

std::vector<Bytes> refund(const Arguments& arguments) {
  finish(arguments.word(0), "payee", "escrow: not the payee", refunded, "Refunded(bytes32)",
         "payer");
  return {};
}

std::vector<Bytes> number_of(const Bytes& key) { return {get_number(key).bytes()}; }

}  // namespace

int main() {
  serve({
      {"payable deposit(bytes32,address)", deposit},
      {"release(bytes32)", release},
      {"refund(bytes32)", refund},
      {"stateOf(bytes32)", [](const Arguments& a) { return number_of("state" + a.word(0)); }},
      {"amountOf(bytes32)", [](const Arguments& a) { return number_of("amount" + a.word(0)); }},
  });
}
