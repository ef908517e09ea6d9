// The targets, one function each; targets.cpp lists them in the order of the documentation.
#pragma once

#include "sim/validate/target.hpp"

namespace ledgerlab::validate {

Target w1();  // pow_settlement.cpp
Target w2();   // pow_attacks.cpp
Target w3();
Target w4();
Target w14();
Target w6();   // pow_forks.cpp
Target w7();
Target w8();
Target w9();   // pow_published.cpp
Target w10();
Target w11();  // pow_forks.cpp
Target w12();  // pow_difficulty.cpp
Target w13();
Target w15();  // pow_partition.cpp
Target s1();   // stake.cpp
Target s2();
Target counts();  // agreement.cpp
Target b1();
Target b2();   // wan_published.cpp
Target f1();  // liveness.cpp
Target f3();
Target elections();  // elections.cpp
Target w20();        // networks.cpp
Target w21();
Target w22();
Target g5();
Target g1();         // gossip.cpp
Target g2();
Target g3();
Target g4();

}  // namespace ledgerlab::validate
