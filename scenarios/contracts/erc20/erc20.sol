// SPDX-License-Identifier: MIT
// A token after ERC-20 (EIP-20); the whole supply belongs to the deployer at first.
pragma solidity 0.8.26;

contract Erc20 {
    string public constant name = "Lab Token";
    string public constant symbol = "LAB";
    uint8 public constant decimals = 18;

    uint256 public immutable totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor(uint256 supply) {
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= amount, "token: allowance");
        if (allowed != type(uint256).max) {
            unchecked { allowance[from][msg.sender] = allowed - amount; }
        }
        move(from, to, amount);
        return true;
    }

    function move(address from, address to, uint256 amount) private {
        require(to != address(0), "token: nobody");
        uint256 owned = balanceOf[from];
        require(owned >= amount, "token: balance");
        // No overflow: the sum of all balances is the supply.
        unchecked {
            balanceOf[from] = owned - amount;
            balanceOf[to] += amount;
        }
        emit Transfer(from, to, amount);
    }
}
