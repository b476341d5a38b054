"""How true scores were: what they said on past dates beside what the customers then did."""
