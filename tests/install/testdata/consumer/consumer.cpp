// Uses one function of the installed library and one header of the module contract.
#include <cstdio>

#include "models/api/module.hpp"
#include "models/base/bytes.hpp"

int main() {
  std::puts(ledgerlab::to_hex(ledgerlab::as_bytes("ledgerlab")).c_str());
  return 0;
}
