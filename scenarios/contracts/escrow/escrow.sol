// SPDX-License-Identifier: MIT
// Holds the ledger's own currency between two parties: the payer releases, the payee refunds.
pragma solidity 0.8.26;

contract Escrow {
    enum State { None, Held, Released, Refunded }

    struct Deal {
        address payer;
        address payee;
        uint256 amount;
        State state;
    }
    mapping(bytes32 => Deal) private deals;

    event Deposited(bytes32 indexed id, address indexed payer, address indexed payee, uint256 amount);
    event Released(bytes32 indexed id);
    event Refunded(bytes32 indexed id);

    function deposit(bytes32 id, address payee) external payable {
        Deal storage deal = deals[id];
        require(deal.state == State.None, "escrow: taken");
        require(payee != address(0), "escrow: nobody");
        require(msg.value != 0, "escrow: nothing");
        deal.payer = msg.sender;
        deal.payee = payee;
        deal.amount = msg.value;
        deal.state = State.Held;
        emit Deposited(id, msg.sender, payee, msg.value);
    }

    function release(bytes32 id) external {
        Deal storage deal = deals[id];
        require(deal.state == State.Held, "escrow: not held");
        require(deal.payer == msg.sender, "escrow: not the payer");
        deal.state = State.Released;
        emit Released(id);
        pay(deal.payee, deal.amount);
    }

    function refund(bytes32 id) external {
        Deal storage deal = deals[id];
        require(deal.state == State.Held, "escrow: not held");
        require(deal.payee == msg.sender, "escrow: not the payee");
        deal.state = State.Refunded;
        emit Refunded(id);
        pay(deal.payer, deal.amount);
    }

    function stateOf(bytes32 id) external view returns (uint8) {
        return uint8(deals[id].state);
    }

    function amountOf(bytes32 id) external view returns (uint256) {
        return deals[id].amount;
    }

    // The state is changed before: a call back into this contract finds the deal closed.
    function pay(address to, uint256 amount) private {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, "escrow: payment failed");
    }
}
