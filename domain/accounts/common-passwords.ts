/** Words of which the commonest passwords are made; none stands alone, or with digits and signs around it. Lower case. */
export const COMMON_WORDS: ReadonlySet<string> = new Set(
  `password passwort passw passwd pass mypassword password password kennwort motdepasse contrasena contraseña senha wachtwoord parola haslo heslo
  letmein letmeinnow welcome welcomeback willkommen bienvenue admin administrator adminadmin root toor superuser sysadmin user username guest
  login loginlogin signin default changeme changemenow changeit secret topsecret mysecret test testtest testing testuser tester demo demodemo
  qwerty qwertz azerty qwertyui qwertyuiop qwertzuiop azertyuiop asdf asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm yxcvbnm qwer qweasd qweasdzxc
  qazwsx qazwsxedc wsxedc poiuytrewq lkjhgfdsa mnbvcxz
  iloveyou iloveu iloveme loveyou ilovehim ilovejesus lovelove loveme lovely babygirl sweetheart sunshine princess princesa prinzessin angel
  monkey dragon drachen master mastermind shadow superman batman spiderman ironman starwars startrek pokemon minecraft fortnite naruto
  football fussball futbol baseball basketball hockey soccer liverpool arsenal chelsea manchester barcelona realmadrid juventus yankees lakers
  cowboys steelers eagles ferrari mercedes porsche corvette mustang harley yamaha
  michael jennifer jessica michelle charlie daniel thomas andrew joshua robert matthew anthony nicholas alexander christian elizabeth samantha
  amanda ashley nicole stephanie patrick william benjamin jordan hannah maria sophie schatz schatzi hallo hallohallo hello hellohello
  helloworld whatever trustno nothing freedom freiheit friends family forever blessed jesus jesuschrist godisgood mother father mommy daddy
  summer winter spring autumn sommer herbst fruehling frühling january february september october november december monday friday
  computer internet google facebook microsoft windows apple samsung iphone android linkedin amazon netflix youtube whatsapp instagram
  cookie chocolate banana butterfly flower purple orange yellow cheese pepper ginger tigger snoopy garfield
  killer hunter ranger soldier fuckyou fuckoff asshole bitch access accessgranted corporate company office server database oracle cisco
  plimsoll license licence licensekey customer dashboard portal`.split(/\s+/),
);

/** Those of ten characters and more that are no word with something around it. Lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `1q2w3e4r5t 1q2w3e4r5t6y 1q2w3e4r5t6z q1w2e3r4t5 q1w2e3r4t5y6 q1w2e3r4t5z6 1qaz2wsx3e 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc zaq12wsxcde3 zaq1zaq1zaq1
  zaq12wsxzaq1 qaz123wsx456 1qazxsw2345 qwer1234asdf qwer1234qwer 1234qwerasdf 1234qwer1234 asdf1234asdf abc123abc123 abcd123456 abcd1234abcd 123abc123abc
  a123456789 a1234567890 aa12345678 aa123456789 1234567890a 123456789a q123456789 qwerty12345 123qwe123qwe 123qweasdzxc 1234567891 12345678910 0987654321
  1029384756 1357924680 1472583690 123123123123 112233445566 0123456789 9876543210 1111111111 0000000000 31415926535 3141592654 qwertyuiop[] !@#$%^&*()
  correcthorsebatterystaple iloveyou1234 p@ssw0rd1234 trustno1trustno1 thequickbrownfox`.split(/\s+/),
);
