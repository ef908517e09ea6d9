// A token after ERC-20; the whole supply belongs to the deployer at first.
#include "../sdk/contract.hpp"

using namespace contract;

namespace {

const Bytes nobody(20, '\0');
const std::vector<Bytes> yes = {Word(1).bytes()};

void move(const Bytes& source, const Bytes& to, const Word& amount) {
  require(to != nobody, "token: nobody");
  const Word owned = get_number("balance" + source);
  require(owned >= amount, "token: balance");
  set("balance" + source, owned - amount);
  set("balance" + to, get_number("balance" + to) + amount);
  emit("Transfer(address,address,uint256)", 2, {source, to, amount.bytes()});
}

std::vector<Bytes> constructor(const Arguments& arguments) {
  set("supply", arguments.number(0));
  set("balance" + msg.sender, arguments.number(0));
  emit("Transfer(address,address,uint256)", 2, {nobody, msg.sender, arguments.word(0)});
  return {};
}

std::vector<Bytes> transfer(const Arguments& arguments) {
  move(msg.sender, arguments.account(0), arguments.number(1));
  return yes;
}

std::vector<Bytes> approve(const Arguments& arguments) {
  const Bytes spender = arguments.account(0);
  set("allowance" + msg.sender + spender, arguments.number(1));
  emit("Approval(address,address,uint256)", 2, {msg.sender, spender, arguments.word(1)});
  return yes;
}

std::vector<Bytes> transfer_from(const Arguments& arguments) {
  const Bytes key = "allowance" + arguments.account(0) + msg.sender;
  const Word allowed = get_number(key), amount = arguments.number(2);
  require(allowed >= amount, "token: allowance");
  if (allowed != Word::max()) set(key, allowed - amount);
  move(arguments.account(0), arguments.account(1), amount);
  return yes;
}

std::vector<Bytes> number_of(const Bytes& key) { return {get_number(key).bytes()}; }

}  // namespace

int main() {
  serve({
      {"constructor(uint256)", constructor},
      {"transfer(address,uint256)", transfer},
      {"approve(address,uint256)", approve},
      {"transferFrom(address,address,uint256)", transfer_from},
      {"balanceOf(address)",
       [](const Arguments& a) { return number_of("balance" + a.account(0)); }},
      {"allowance(address,address)",
       [](const Arguments& a) { return number_of("allowance" + a.account(0) + a.account(1)); }},
      {"totalSupply()", [](const Arguments&) { return number_of("supply"); }},
  });
}
