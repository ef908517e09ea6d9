// A computation without end in itself: n steps of a linear congruential generator modulo 2^32.
#include "../sdk/contract.hpp"

using namespace contract;

int main() {
  serve({
      {"compute(uint256)",
       [](const Arguments& arguments) {
         const Word n = arguments.number(0);
         auto x = static_cast<std::uint32_t>(get_number("last").low());
         for (Word i; i < n; i = i + 1) x = x * 1664525 + 1013904223;
         set("last", Word(x));
         return std::vector<Bytes>{Word(x).bytes()};
       }},
      {"last()", [](const Arguments&) { return std::vector<Bytes>{get_number("last").bytes()}; }},
  });
}
