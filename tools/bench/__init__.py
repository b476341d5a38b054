"""An existing bench, used and left as it is: folders, sites and packages of our own in it, and the site tests on them."""
